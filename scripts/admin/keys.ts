import { resealAll, rotateSigningKey } from "../../server/admin/secrets.ts";
import { rotateLocalKey } from "../../server/local-key.ts";
import { command, configuredKeys, dataDir, serverKeys } from "./command.ts";

const rotateEncryption = command({
  name: "rotate-encryption-key",
  about: "Seals every secret of the database anew, under the newest encryption key",
  usage: "",
  notes: `With ENCRYPTION_KEY: put the new key before the old one (\`new:…,old:…\`) and restart the servers with it, run this with
the same, then take the old one out. Several servers, one after the other: first let all have the new key second.

Without: stop the server, run this, start it. The new key is in encryption.key of DATA_DIR; both are until every secret is
moved. Cut off at any moment, the server starts; run this again to end it. Keep a copy of the new file. A backup of before
still needs the old one.`,
  options: {},
  async run(_flags, { operate, exclusively }) {
    const keys = configuredKeys();
    const done = keys
      ? await operate((operator) => resealAll(operator, keys))
      : // The folder is held for all of it: a server that runs would go on sealing with the old key.
        await exclusively((run) =>
          rotateLocalKey(dataDir(), Date.now(), (both) => run((operator) => resealAll(operator, both))),
        );
    const moved = Object.entries(done.moved).map(([table, count]) => `${count} of ${table}`);
    const then = keys
      ? `Take the others out of ENCRYPTION_KEY once every server has "${done.key}" first.`
      : "Keep a copy of encryption.key of DATA_DIR.";
    return { json: done, text: `Sealed anew with "${done.key}": ${moved.join(", ")}. ${then}` };
  },
});

const rotateSigning = command({
  name: "rotate-signing-key",
  about: "Has a new key sign session tokens, at once and on every server",
  usage: "[--retire-old]",
  notes: `  --retire-old  refuses the tokens that older keys signed, from their next request on; sessions live on by their
                refresh tokens. Without it they are good until they end, and the old keys go after 25 hours`,
  options: { "retire-old": { type: "boolean" } },
  async run(flags, { operate }) {
    const keys = serverKeys();
    const retireOld = flags["retire-old"] ?? false;
    const done = await operate((operator) => rotateSigningKey(operator, keys, retireOld));
    const old = retireOld ? "Tokens of older keys are refused." : "Tokens of older keys are good until they end.";
    return { json: done, text: `${done.kid} signs from now on. ${old}` };
  },
});

export const keys = [rotateEncryption, rotateSigning];
