/** Longest token that is looked at, in characters: a session is no place to carry a profile in. */
const MAX_LENGTH = 8192;
/** Deepest nesting of its claims; real ones have three or four levels. */
const MAX_DEPTH = 32;

type Json = { readonly [name: string]: unknown };

/**
 * Whether `json` (valid JSON) says one thing to every reader: no object in it has two members of one name, of which parsers
 * differ in which they keep (RFC 8725 §2.4, RFC 7519 §4), and it is not nested deeper than any of them goes.
 */
function isUnambiguous(json: string): boolean {
  const open: Set<string>[] = [];
  for (const [found, text, colon] of json.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g)) {
    if (found === "{" || found === "[") {
      if (open.push(new Set()) > MAX_DEPTH) return false;
    } else if (found === "}" || found === "]") open.pop();
    else if (colon !== undefined && text !== undefined) {
      // "\u0073ub" is "sub".
      const name = text.includes("\\") ? String(JSON.parse(`"${text}"`)) : text;
      const names = open.at(-1);
      if (names?.has(name)) return false;
      names?.add(name);
    }
  }
  return true;
}

function readObject(segment: string): Json | undefined {
  // Buffer skips what is not base64url, and so would read one token where a strict reader sees none.
  if (!/^[A-Za-z0-9_-]+$/.test(segment)) return undefined;
  const text = Buffer.from(segment, "base64url").toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value) || !isUnambiguous(text)) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}

/**
 * The `iss` of a JWT (RFC 7519), before anything of it is proved: it says which keys to ask, and nothing else. Undefined
 * when the token is too long, is no JWT, names no issuer, or is ambiguous.
 */
export function unverifiedIssuer(token: string): string | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  if (more.length > 0 || signature === "" || readObject(header) === undefined) return undefined;
  const issuer = readObject(payload)?.iss;
  return typeof issuer === "string" ? issuer : undefined;
}
