import { responseOf } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import type { Judge } from "../run.ts";

const TRACE =
  /(\n\s+at .+\(?.+:\d+:\d+\)?)|(Traceback \(most recent call last\))|(\bat [\w.$]+\([\w]+\.java:\d+\))|(node_modules\/)|(\.ts:\d+:\d+)|(PG::|SQLSTATE|syntax error at or near|violates \w+ (key )?constraint|relation "\w+")|(goroutine \d+ \[running\])|(#\d+ \/[\w/]+\.php\(\d+\))/;

export const stackTraceLeak: Judge = {
  name: "stack_trace_leak",
  about: "No answer shows a stack trace, a file of the server or an error of its store",
  judge({ text, headers, draft, op, status }) {
    // What the client itself sent may come back, such as a note about a stack trace.
    if (status < 400 && op) return undefined;
    const sent = typeof draft.body?.bytes === "string" ? draft.body.bytes : "";
    const found = TRACE.exec(text)?.[0] ?? TRACE.exec([...headers].join("\n"))?.[0];
    if (found === undefined || sent.includes(found.trim())) return undefined;
    return { expected: "no internals", seen: found.trim().slice(0, 200) };
  },
};

const SECRET_FIELD = /(^|_|-)(password|passphrase|secret|token|api_?key|private_?key|credential)s?$/i;

const SECRET_HEADER = /authorization|cookie|token|secret|key|password/i;

/** What a body says: texts of fields that are named like secrets, and all else, at any depth. */
function sort(body: unknown, secrets: Set<string>, plain: string[]): void {
  // By a list and not by recursion: bodies are sent that are deeper than any stack.
  const left: unknown[] = [body];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value === "string") plain.push(value);
    if (typeof value !== "object" || value === null) continue;
    for (const [name, item] of Object.entries(value)) {
      plain.push(name);
      if (typeof item === "string" && item.length >= 8 && SECRET_FIELD.test(name)) secrets.add(item);
      else left.push(item ?? null);
    }
  }
}

/** The fields that a body carries; undefined where it is of another kind, or broken on purpose. */
function fieldsOf(body: Draft["body"]): unknown {
  if (typeof body?.bytes !== "string") return undefined;
  if (body.type.includes("x-www-form-urlencoded")) return Object.fromEntries(new URLSearchParams(body.bytes));
  if (!body.type.includes("json")) return undefined;
  try {
    return JSON.parse(body.bytes);
  } catch {
    return undefined;
  }
}

export const secretLeak: Judge = {
  name: "secret_leak",
  about: "What was sent as a credential or a password never comes back",
  judge({ draft, who, text, headers }) {
    const sent = new Set<string>();
    for (const [name, value] of Object.entries(who?.headers ?? {})) {
      if (!SECRET_HEADER.test(name)) continue;
      const bare = value.replace(/^\w+ /, "");
      if (bare.length >= 8) sent.add(bare);
    }
    const plain: string[] = [draft.path];
    sort(fieldsOf(draft.body), sent, plain);
    if (sent.size === 0) return undefined;
    const seen = `${text}\n${[...headers].map(([, value]) => value).join("\n")}`;
    // What was said in the open too, such as the name of a parameter, is no secret.
    const leaked = [...sent].find((secret) => seen.includes(secret) && !saidOpenly(draft, plain, secret));
    return leaked === undefined ? undefined : { expected: "no secret of the request", seen: "one that was sent" };
  },
};

const saidOpenly = ({ query }: Draft, plain: readonly string[], secret: string): boolean =>
  [...plain, ...query.flat()].some((said) => said.includes(secret));

export const challenge: Judge = {
  name: "www_authenticate",
  about: "A 401 says how to authenticate (RFC 9110 §11.6.1)",
  judge({ status, headers }) {
    if (status !== 401 || headers.has("www-authenticate")) return undefined;
    return { expected: "WWW-Authenticate", seen: "none" };
  },
};

export const bodyless: Judge = {
  name: "bodyless",
  about: "204, 304 and answers to HEAD have no body (RFC 9110 §6.4.1)",
  judge({ status, draft, text }) {
    if (text === "" || (status !== 204 && status !== 304 && draft.method !== "HEAD")) return undefined;
    return { expected: "no body", seen: `${text.length} characters` };
  },
};

export const allowHeader: Judge = {
  name: "allow_header",
  about: "A 405 names the methods that there are (RFC 9110 §15.5.6)",
  judge({ status, headers }) {
    if (status !== 405 || headers.has("allow")) return undefined;
    return { expected: "Allow", seen: "none" };
  },
};

export const rateLimitHeaders: Judge = {
  name: "rate_limit_headers",
  about: "Rate-limit headers that are declared are there, agree with each other, and announce a reset in the future",
  judge({ op, status, headers, sentMs, draft }) {
    // What is refused before it is counted, and what is no request of the operation's, has no figures.
    if (op?.method !== draft.method || (status >= 300 && status !== 429)) return undefined;
    const names = op && Object.keys(responseOf(op, status)?.headers ?? {}).filter((name) => /ratelimit/i.test(name));
    if (!names || names.length === 0) return undefined;
    const of = (end: string) => names.find((name) => name.toLowerCase().endsWith(end));
    const read = (name: string | undefined) => (name === undefined ? null : headers.get(name));
    const [limit, remaining, reset] = [read(of("-limit")), read(of("-remaining")), read(of("-reset"))];
    const absent = names.find((name) => !headers.has(name));
    if (absent !== undefined) return { expected: `the header ${absent}`, seen: "none" };
    if (remaining !== null && limit !== null && !(Number(remaining) >= 0 && Number(remaining) <= Number(limit))) {
      return { expected: `0 to ${limit} remaining`, seen: remaining };
    }
    // Unix seconds where it is a moment, seconds where it is small.
    const resetMs =
      reset === null ? undefined : Number(reset) > 1e9 ? Number(reset) * 1000 : sentMs + Number(reset) * 1000;
    if (resetMs !== undefined && !(resetMs >= sentMs - 1000))
      return { expected: "a reset in the future", seen: String(reset) };
    return undefined;
  },
};

export const retryAfterPresent: Judge = {
  name: "retry_after",
  about: "A 429 says when to come back, in whole seconds above 0 or as a date (RFC 9110 §10.2.3)",
  judge({ status, headers }) {
    if (status !== 429) return undefined;
    const value = headers.get("retry-after");
    if (value !== null && (/^[1-9]\d*$/.test(value) || Date.parse(value) > 0)) return undefined;
    return { expected: "Retry-After", seen: value ?? "none" };
  },
};

export const deprecationHeaders: Judge = {
  name: "deprecation_headers",
  about: "A deprecated operation says so in every good answer (RFC 9745)",
  judge({ op, status, headers, draft }) {
    if (!op?.deprecated || op.method !== draft.method || status >= 300 || headers.has("deprecation")) return undefined;
    return { expected: "Deprecation", seen: "none" };
  },
};
