import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { hashKey, isWellFormedKey, shownPrefix } from "../../server/api-keys/service.ts";
import type { Database } from "./database.ts";

const PREFIX = "rm_";
/** The password of every user of the seed. */
export const PASSWORD = "correct horse battery staple";

/** The users that one can log in as. */
export const LOGINS = {
  owner: { email: "nora@orangecat.example", name: "Nora Lindt", role: "owner of Orange Cat Studio" },
  member: { email: "theo@orangecat.example", name: "Theo Brandt", role: "member of Orange Cat Studio" },
  viewer: { email: "lia@orangecat.example", name: "Lia Moser", role: "viewer of Orange Cat Studio" },
  other: {
    email: "mara@harbourlight.example",
    name: "Mara Quist",
    role: "owner of Harbour Light Films, another tenant",
  },
} as const;

/** A key that is the same in every sandbox: 56 hex characters of a hash, and their checksum (design §4). */
function fixedKey(name: string): string {
  const body = PREFIX + createHash("sha256").update(`reelmark sandbox: ${name}`).digest("hex").slice(0, 56);
  const key = body + crc32(body).toString(16).padStart(8, "0");
  if (!isWellFormedKey(PREFIX, key)) throw new Error("The form of API keys has changed: bring fixedKey to it");
  return key;
}

/** The keys of every sandbox. They open nothing anywhere else. */
export const KEYS = {
  owner: { key: fixedKey("owner"), about: "all scopes in Orange Cat Studio" },
  reader: { key: fixedKey("reader"), about: "reads in Orange Cat Studio, changes nothing" },
  other: { key: fixedKey("other"), about: "all scopes in Harbour Light Films, another tenant" },
} as const;

/** Gives an API key that was just created the value that it has in every sandbox. */
export async function fixKey(database: Database, id: string, name: keyof typeof KEYS): Promise<void> {
  const { key } = KEYS[name];
  const set = "update api_keys set key_hash = $2, prefix = $3 where id = $1 returning id";
  const rows = await database.query(set, [id, hashKey(key), shownPrefix(PREFIX, key)]);
  if (rows.length !== 1) throw new Error(`The API key of the ${name} is not there`);
}
