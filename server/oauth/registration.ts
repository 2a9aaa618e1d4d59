import { OAUTH } from "../../spec/oauth.ts";

/** Bounds on what anybody may have us keep. */
const MOST_REDIRECTS = 10;
const MOST_CHARACTERS = 500;
const MOST_NAME = 100;

/** A registration that is refused: RFC 7591 §3.2.2. */
export class BadRegistration extends Error {
  override readonly name = "BadRegistration";
  readonly code: "invalid_redirect_uri" | "invalid_client_metadata";
  constructor(code: BadRegistration["code"], message: string) {
    super(message);
    this.code = code;
  }
}
const bad = (message: string) => new BadRegistration("invalid_client_metadata", message);
const badRedirect = (message: string) => new BadRegistration("invalid_redirect_uri", message);

/** Whether a redirect stays on the user's own machine (RFC 8252 §7.3). */
const isLoopback = ({ protocol, hostname }: URL): boolean =>
  protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);

function redirectOf(uri: unknown): URL {
  const url = typeof uri === "string" && uri.length <= MOST_CHARACTERS && URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url) throw badRedirect(`redirect_uris must be URLs of at most ${MOST_CHARACTERS} characters`);
  if (url.protocol !== "https:" && !isLoopback(url)) {
    throw badRedirect("redirect_uris must be https, or http on localhost, 127.0.0.1 or [::1]");
  }
  if (url.username || url.password || url.href.includes("#")) {
    throw badRedirect("redirect_uris must have neither a user name nor a fragment");
  }
  return url;
}

const listOf = (value: unknown, name: string, fallback: readonly string[]): readonly unknown[] => {
  if (value === undefined) return fallback;
  if (!Array.isArray(value)) throw bad(`${name} must be a list`);
  return value;
};

/**
 * What is kept of a client's registration (RFC 7591 §2): the fields known here, and no others, so that it is bounded. Clients
 * are public whatever they ask for, and may use the grants that there are. Throws BadRegistration with a sentence.
 */
export function acceptedMetadata(body: string): Record<string, unknown> {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    throw bad("the body must be JSON");
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw bad("the body must be a JSON object");
  // Fields of an object that somebody sent: each is checked below before it is used.
  const asked = given as Record<string, unknown>;
  const wanted = listOf(asked.grant_types, "grant_types", ["authorization_code", "refresh_token"]);
  const grants = OAUTH.grants.filter((grant) => wanted.includes(grant));
  const byRedirect = grants.includes("authorization_code");
  if (!byRedirect && !grants.includes(OAUTH.deviceGrant)) {
    throw bad(`grant_types must name authorization_code or ${OAUTH.deviceGrant}`);
  }
  const uris = listOf(asked.redirect_uris, "redirect_uris", []);
  if (uris.length > MOST_REDIRECTS) throw badRedirect(`redirect_uris must be at most ${MOST_REDIRECTS}`);
  const redirects = uris.map(redirectOf);
  if (byRedirect && redirects.length === 0) throw badRedirect("redirect_uris must name where the browser returns to");
  const name = asked.client_name ?? "A program without a name";
  if (typeof name !== "string" || name.trim() === "" || name.length > MOST_NAME || /\p{C}/u.test(name)) {
    throw bad(`client_name must be a text of 1 to ${MOST_NAME} characters on one line`);
  }
  return {
    client_name: name.trim(),
    redirect_uris: uris,
    grant_types: grants,
    response_types: byRedirect ? ["code"] : [],
    token_endpoint_auth_method: "none",
    // A native program's port may differ each time (RFC 8252 §7.3); the provider knows one by this.
    application_type: redirects.every(isLoopback) ? "native" : "web",
  };
}

const SHOWN = ["client_id", "client_id_issued_at", "client_name", "redirect_uris", "grant_types", "response_types"];

/** What a client is told of its registration (RFC 7591 §3.2.1), of all that the provider knows of it. */
export function shownMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  return {
    ...Object.fromEntries(SHOWN.map((name) => [name, metadata[name]])),
    token_endpoint_auth_method: "none",
  };
}
