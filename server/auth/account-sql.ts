import { statement } from "../kit/postgres/db.ts";

export const LIFETIME = { verify: "24 hours", reset: "1 hour" } as const;

export const INSERT_TOKEN = statement(
  "accounts.insert-token",
  `insert into mail_tokens (token_hash, user_id, purpose, email, expires_at)
   values ($1, $2, $3, $4, now() + $5::interval)`,
);
// Used up in the same statement that finds it, so that it works once however often it is sent.
export const USE_TOKEN = statement(
  "accounts.use-token",
  `update mail_tokens set used_at = now()
    where token_hash = $1 and purpose = $2 and used_at is null and expires_at > now() returning user_id, email`,
);
export const DROP_TOKENS = statement(
  "accounts.drop-tokens",
  "update mail_tokens set used_at = now() where user_id = $1 and purpose = $2 and used_at is null",
);
export const VERIFY = statement(
  "accounts.verify",
  "update users set email_verified_at = coalesce(email_verified_at, now()) where id = $1 and email = $2",
);
export const USER = statement(
  "accounts.user",
  "select id, email, name, password_hash, email_verified_at is not null as verified from users where id = $1",
);
export const USER_BY_EMAIL = statement("accounts.user-by-email", "select id, email from users where email = $1");
export const SET_PASSWORD = statement("accounts.set-password", "update users set password_hash = $2 where id = $1");
export const END_OTHERS = statement(
  "accounts.end-others",
  "update sessions set ended_at = now() where user_id = $1 and id <> $2 and ended_at is null",
);
export const LIST_SESSIONS = statement(
  "accounts.list-sessions",
  `select id, id = $2 as current, created_at, expires_at from sessions
    where user_id = $1 and ended_at is null and expires_at > now() and ($3::text is null or id < $3)
    order by id desc limit $4 offset $5`,
);
export const COUNT_SESSIONS = statement(
  "accounts.count-sessions",
  "select count(*) as total from sessions where user_id = $1 and ended_at is null and expires_at > now()",
);
export const END_OWN = statement(
  "accounts.end-own",
  "update sessions set ended_at = now() where id = $1 and user_id = $2 and ended_at is null and expires_at > now()",
);
export const SOLE_OWNERSHIPS = statement("accounts.sole-ownerships", "select * from sole_ownerships($1)");
export const DELETE_USER = statement("accounts.delete-user", "delete from users where id = $1");
