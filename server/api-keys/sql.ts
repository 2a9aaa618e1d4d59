import { statement } from "../kit/postgres/db.ts";

/** A row of api_keys as the contract shows it. */
export type ApiKeyRow = {
  id: string;
  label: string;
  prefix: string;
  scopes: string[];
  status: "active" | "revoked" | "expired";
  expires_at: string | null;
  last_used_at: string | null;
  created_by: string;
  created_at: string;
};

const STATUS = `case when revoked_at is not null then 'revoked'
                     when expires_at <= now() then 'expired' else 'active' end`;
const COLUMNS = `id, label, prefix, scopes, ${STATUS} as status, expires_at, last_used_at, created_by, created_at`;
const MATCHES = `($1::text is null or ${STATUS} = $1)`;

export const LIST = statement(
  "api-keys.list",
  `select ${COLUMNS} from api_keys where ${MATCHES} and ($2::text is null or id < $2) order by id desc limit $3 offset $4`,
);
export const COUNT = statement("api-keys.count", `select count(*) as total from api_keys where ${MATCHES}`);
export const GET = statement("api-keys.get", `select ${COLUMNS} from api_keys where id = $1`);
// Holds the membership, so that whoever removes its user waits, and then finds this key too.
export const INSERT = statement(
  "api-keys.insert",
  `insert into api_keys (id, org_id, created_by, label, key_hash, prefix, scopes, expires_at)
   select $1::text, m.org_id, m.user_id, $4::text, $5::bytea, $6::text, $7::text[], $8::timestamptz
     from memberships m where m.org_id = $2 and m.user_id = $3 for key share returning ${COLUMNS}`,
);
// A key that has ended stays ended: no update finds it (design §4).
export const UPDATE = statement(
  "api-keys.update",
  `update api_keys set label = $2, scopes = $3, expires_at = $4
    where id = $1 and revoked_at is null and (expires_at is null or expires_at > now()) returning ${COLUMNS}`,
);
export const REVOKE = statement(
  "api-keys.revoke",
  `update api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1 returning ${COLUMNS}`,
);
export const EXPIRE_IN = statement(
  "api-keys.expire-in",
  `update api_keys set expires_at = least(expires_at, now() + $2 * interval '1 second') where id = $1`,
);
export const DELETE = statement("api-keys.delete", "delete from api_keys where id = $1");
