import { statement } from "../kit/postgres/db.ts";

/** A user as the contract shows it. */
export type UserRow = { id: string; email: string | null; email_verified: boolean; name: string; created_at: string };

const USER = "id, email, email_verified_at is not null as email_verified, name, created_at";

export const SIGN_UP_LOCK = statement("auth.sign-up-lock", "select pg_advisory_xact_lock(7313003)");
export const ANY_USER = statement("auth.any-user", "select exists (select from users) as present");
export const INSERT_USER = statement(
  "auth.insert-user",
  `insert into users (id, email, name, password_hash, email_verified_at)
   values ($1, $2, $3, $4, case when $5::boolean then now() end) returning ${USER}`,
);
export const USER_BY_EMAIL = statement(
  "auth.user-by-email",
  `select ${USER}, password_hash from users where email = $1`,
);
export const USER_BY_ID = statement("auth.user-by-id", `select ${USER} from users where id = $1`);

export const INSERT_SESSION = statement(
  "auth.insert-session",
  `insert into sessions (id, user_id, expires_at) values ($1, $2, now() + $3 * interval '1 day') returning expires_at`,
);
export const INSERT_REFRESH = statement(
  "auth.insert-refresh",
  "insert into refresh_tokens (token_hash, session_id) values ($1, $2)",
);
export const FIND_REFRESH = statement(
  "auth.find-refresh",
  `select s.id as session_id, s.user_id, r.used_at is not null as used,
          s.ended_at is null and s.expires_at > now() as alive
     from refresh_tokens r join sessions s on s.id = r.session_id
    where r.token_hash = $1 for update of r, s`,
);
export const USE_REFRESH = statement(
  "auth.use-refresh",
  "update refresh_tokens set used_at = now() where token_hash = $1",
);
export const EXTEND_SESSION = statement(
  "auth.extend-session",
  "update sessions set expires_at = now() + $2 * interval '1 day' where id = $1 returning expires_at",
);
export const END_SESSION = statement(
  "auth.end-session",
  "update sessions set ended_at = now() where id = $1 and ended_at is null",
);

export const FAILURES = statement(
  "auth.failures",
  `select max(extract(epoch from window_ends - now()))::int as wait
     from login_failures where key = any($1) and window_ends > now() and count >= $2`,
);
// One window a key: it begins with the first failure and is not pushed on by later ones.
export const COUNT_FAILURE = statement(
  "auth.count-failure",
  `insert into login_failures as f (key, count, window_ends) values ($1, 1, now() + $2 * interval '1 second')
   on conflict (key) do update
     set count = case when f.window_ends <= now() then 1 else f.count + 1 end,
         window_ends = case when f.window_ends <= now() then excluded.window_ends else f.window_ends end
   returning count, extract(epoch from window_ends - now())::int as wait`,
);
export const FORGET_FAILURES = statement("auth.forget-failures", "delete from login_failures where key = $1");
