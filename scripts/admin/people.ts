import { randomBytes } from "node:crypto";
import { checkNewUser, createUser, endAllSessions, endUserSessions, revokeKey } from "../../server/admin/users.ts";
import { passwordHasher } from "../../server/auth/passwords.ts";
import { SETTINGS } from "../../server/config.ts";
import { UsageError } from "../usage.ts";
import { command, confirm, need, secretFromStdin } from "./command.ts";

const plan = () => {
  const parsed = SETTINGS.DEFAULT_PLAN.schema.safeParse(process.env.DEFAULT_PLAN || undefined);
  if (!parsed.success) throw new UsageError("DEFAULT_PLAN must be one of free, pro, scale");
  return parsed.data;
};

const createUserCommand = command({
  name: "create-user",
  about: "Makes a user, also where sign-up is closed",
  usage: "--email <address> --name <name> [--organization <name>] [--password-stdin]",
  notes: `  --email <address>      the address to log in with; it counts as verified
  --name <name>          shown to the team
  --organization <name>  makes an organization of this name too (on DEFAULT_PLAN), and the user its owner
  --password-stdin       reads the password from standard input; without it one is made and printed, this once`,
  options: {
    email: { type: "string" },
    name: { type: "string" },
    organization: { type: "string" },
    "password-stdin": { type: "boolean" },
  },
  async run(flags, { operateFresh }) {
    const { organization } = flags;
    const user = {
      email: need(flags.email, "--email <address>"),
      name: need(flags.name, "--name <name>"),
      organization,
    };
    const given = flags["password-stdin"] ? await secretFromStdin("--password-stdin") : undefined;
    const password = given ?? randomBytes(18).toString("base64url");
    checkNewUser({ ...user, password });
    const plain = { ...user, passwordHash: await (await passwordHasher(1, 0)).hash(password), plan: plan() };
    const made = await operateFresh((operator) => createUser(operator, plain));
    const lines = [
      `${made.user_id}: ${made.email} may log in.`,
      ...(made.organization_id === null
        ? []
        : [`${made.organization_id}: ${organization}, with this user as its owner.`]),
      ...(given === undefined ? [`Password, shown this once: ${password}`] : []),
    ];
    return { json: { ...made, ...(given === undefined ? { password } : {}) }, text: lines.join("\n") };
  },
});

const endSessions = command({
  name: "end-sessions",
  about: "Ends the sessions of a user, or of everybody, from their next request on",
  usage: "--user <id or address> | --all [--yes]",
  notes: `  --user <id or address>  whose sessions end
  --all                   everybody's; asks first
  --yes                   does not ask

API keys are not sessions: revoke-key ends them. Tokens of an external issuer live until they end: issuers remove has all
tokens of an issuer refused at once.`,
  options: { user: { type: "string" }, all: { type: "boolean" }, yes: { type: "boolean" } },
  async run({ user, all, yes }, { operate }) {
    if ((user === undefined) === !all) throw new UsageError("Say either --user <id or address> or --all");
    if (all) await confirm("This logs everybody out.", yes);
    const done = await operate((operator) =>
      all ? endAllSessions(operator) : endUserSessions(operator, need(user, "--user <id or address>")),
    );
    const count = `${done.ended} session${done.ended === 1 ? "" : "s"} ended.`;
    const text = done.external ? `${count} Tokens of external issuers live until they end.` : count;
    return { json: { user_id: done.user_id, ended: done.ended }, text };
  },
});

const revokeKeyCommand = command({
  name: "revoke-key",
  about: "Revokes an API key for good, from its next request on",
  usage: "--key <id>",
  notes: "  --key <id>  the key's id (key_…), never the key itself: arguments are seen by others",
  options: { key: { type: "string" } },
  async run({ key }, { operate }) {
    const id = need(key, "--key <id>");
    if (!id.startsWith("key_")) throw new UsageError("--key must be the id of a key (key_…), never the key itself");
    const row = await operate((operator) => revokeKey(operator, id));
    const when = row.already ? `was revoked before, at ${row.revoked_at}` : "is revoked";
    const text = `${id} (${row.prefix}…, "${row.label}", of ${row.org_id}) ${when}.`;
    return { json: { id, organization_id: row.org_id, revoked_at: row.revoked_at, already: row.already }, text };
  },
});

export const people = [createUserCommand, endSessions, revokeKeyCommand];
