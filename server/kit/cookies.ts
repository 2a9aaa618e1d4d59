/** The first cookie of a name in a `Cookie` header (RFC 6265 §5.4), or undefined. */
export function readCookie(header: string | null, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * A `Set-Cookie` that scripts cannot read and other sites' forms do not send: HttpOnly, SameSite=Lax, for the whole host.
 * @param seconds How long it is kept; 0 removes it, undefined keeps it until the browser is closed.
 */
export function setCookie(name: string, value: string, secure: boolean, seconds?: number): string {
  const age = seconds === undefined ? "" : `; Max-Age=${seconds}`;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}${age}`;
}
