import { statement } from "../kit/postgres/db.ts";

export const INSERT_COOKIE = statement(
  "web.insert-cookie",
  "insert into session_cookies (token_hash, session_id) values ($1, $2)",
);
// A session that is refreshed elsewhere lives on; the cookie has an end of its own.
export const BY_COOKIE = statement(
  "web.by-cookie",
  `select s.id, s.user_id, u.name, u.email, c.created_at as logged_in_at
     from session_cookies c join sessions s on s.id = c.session_id join users u on u.id = s.user_id
    where c.token_hash = $1 and c.created_at > now() - $2 * interval '1 day'
      and s.ended_at is null and s.expires_at > now()`,
);
export const END_SESSION = statement(
  "web.end-session",
  "update sessions set ended_at = now() where id = $1 and ended_at is null",
);
