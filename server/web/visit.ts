import { hash } from "node:crypto";

/** Who is logged in at a browser. */
export type BrowserSession = {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string | null;
  /** When they logged in at this browser, RFC 3339. */
  readonly startedAt: string;
};

/** One request of a browser for a page. */
export type Visit = {
  readonly request: Request;
  readonly url: URL;
  readonly address: string;
  readonly session: BrowserSession | undefined;
  /** Random, and this browser's own: forms are bound to it. */
  readonly visitor: string;
  /** Value of the hidden field `proof` that every form carries. */
  readonly proof: string;
  /** `Set-Cookie` values that the answer carries. */
  readonly cookies: string[];
};

/** What is stored of a browser's session cookie. */
export const sessionHash = (token: string): Buffer => hash("sha256", token, "buffer");
