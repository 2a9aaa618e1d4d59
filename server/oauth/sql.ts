import { statement } from "../kit/postgres/db.ts";

/** Binds the transaction to a grant's organization, so that the audit record stands there. */
export const BIND = statement("oauth.bind", "select set_config('app.org_id', $1, true)");

export const FIND_CLIENT = statement("oauth.find-client", "select metadata from oauth_clients where id = $1");
export const INSERT_CLIENT = statement(
  "oauth.insert-client",
  "insert into oauth_clients (id, metadata) values ($1, $2)",
);
export const USE_CLIENT = statement("oauth.use-client", "update oauth_clients set used_at = now() where id = $1");

export const FIND_GRANT = statement("oauth.find-grant", "select * from oauth_grant($1)");
export const END_GRANT = statement("oauth.end-grant", "select end_oauth_grant($1)");
export const EXTEND_GRANT = statement("oauth.extend-grant", "select extend_oauth_grant($1, to_timestamp($2))");
// Holds membership and session, so that whoever ends either waits, and then finds this grant too.
export const INSERT_GRANT = statement(
  "oauth.insert-grant",
  `with member as (
     select org_id, user_id from memberships where org_id = $2 and user_id = $3 for key share
   ), alive as (
     select id from sessions where id = $4 and user_id = $3 and ended_at is null and expires_at > now() for key share
   )
   insert into oauth_grants (id, org_id, user_id, session_id, client_id, resource, scopes, expires_at)
   select $1, member.org_id, member.user_id, alive.id, $5, $6, $7::text[], now() + $8 * interval '1 day'
     from member, alive`,
);

export const LIST_OWN_GRANTS = statement("oauth.list-own-grants", "select * from own_oauth_grants($1, $2, $3, $4)");
export const COUNT_OWN_GRANTS = statement("oauth.count-own-grants", "select count_own_oauth_grants($1) as total");
export const END_OWN_GRANT = statement("oauth.end-own-grant", "select end_own_oauth_grant($1, $2) as organization");

export const UPSERT = statement(
  "oauth.upsert",
  `insert into oauth_artifacts as a (id_hash, kind, grant_id, user_code_hash, payload, expires_at)
   values ($1, $2, $3, $4, $5, to_timestamp($6))
   on conflict (id_hash) do update
     set grant_id = excluded.grant_id, payload = excluded.payload, expires_at = excluded.expires_at
   where a.kind = excluded.kind`,
);
// Held until the transaction ends: of two requests with one code or token, the second finds it consumed.
export const FIND = statement(
  "oauth.find",
  `select payload, extract(epoch from consumed_at)::int as consumed
     from oauth_artifacts where id_hash = $1 and kind = $2 for update`,
);
export const FIND_BY_USER_CODE = statement(
  "oauth.find-by-user-code",
  `select payload, extract(epoch from consumed_at)::int as consumed
     from oauth_artifacts where user_code_hash = $1 and kind = 'DeviceCode' for update`,
);
// What the provider's next look at the device code finds: the same fields as when it answers one itself.
export const ANSWER_DEVICE = statement(
  "oauth.answer-device",
  "update oauth_artifacts set grant_id = $2, payload = payload || $3::jsonb where user_code_hash = $1",
);
export const CONSUME = statement(
  "oauth.consume",
  "update oauth_artifacts set consumed_at = now() where id_hash = $1 and consumed_at is null",
);
export const DESTROY = statement("oauth.destroy", "delete from oauth_artifacts where id_hash = $1 and kind = $2");

// RFC 8628 §3.5: who asks sooner than told waits five seconds longer from then on.
export const POLL = statement(
  "oauth.poll",
  `with before as (
     select id_hash, polled_at > now() - poll_seconds * interval '1 second' as early
       from oauth_artifacts where id_hash = $1 and kind = 'DeviceCode' for update
   )
   update oauth_artifacts a
      set polled_at = now(), poll_seconds = least(60, a.poll_seconds + case when before.early then 5 else 0 end)
     from before where a.id_hash = before.id_hash returning coalesce(before.early, false) as early`,
);

export const FORGET = statement("oauth.forget", "select forget_oauth()");
