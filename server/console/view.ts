import { randomBytes } from "node:crypto";
import type { Client, Result } from "../../client/index.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { type Html, html } from "../kit/html.ts";
import type { SealingKeys } from "../kit/seal.ts";
import type { Web } from "../web/service.ts";

export type Visit = Parameters<Web["page"]>[0];
export type BrowserSession = NonNullable<Visit["session"]>;

/** One request of somebody who is logged in, for a page of one of their organizations. */
export type View = {
  readonly visit: Visit;
  readonly session: BrowserSession;
  /** The public API, as this session in this organization. */
  readonly api: Client;
  readonly profile: Result<"getProfile">;
  /** Path of the organization's pages. */
  readonly root: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** The scopes that some operation wants and the user has here. */
  readonly scopes: readonly Scope[];
  readonly may: (scope: Scope) => boolean;
  readonly sealing: SealingKeys;
  /** Whether browsers come over https. */
  readonly secure: boolean;
};

/** What a page is, without the frame that all pages have. */
export type Part = { readonly title: string; readonly body: Html };

/** One page below an organization. */
export type Route = {
  /** Its segments; `key_` and the like stand for an id of that prefix. */
  readonly path: string;
  /** The scope without which the page is of no use. */
  readonly needs?: Scope;
  /** What is shown. `fields` hold what was sent when it was refused, and is sent anew. */
  get(view: View, id: string, fields: URLSearchParams): Promise<Part>;
  /** Does what a form asks for, and returns the path below the organization to go on to. */
  post?(view: View, id: string, fields: URLSearchParams): Promise<string>;
};

/** Something of this organization that there is not, or not any more: the page says 404. */
export class Missing extends Error {
  override readonly name = "Missing";
}

/** The first of a list that fits. Throws Missing when there is none. */
export async function findIn<T>(list: AsyncIterable<T>, fits: (one: T) => boolean): Promise<T> {
  for await (const one of list) if (fits(one)) return one;
  throw new Missing();
}

/**
 * A form that comes back with its proof. With `once`, the fields that were refused or none, it carries a key of its own, and
 * keeps it until it has gone through: what it makes is made once, however often it is sent.
 */
export const form = ({ visit }: Pick<View, "visit">, inner: Html, once?: URLSearchParams): Html => html`
  <form method="post" action="${visit.url.pathname}">
    <input type="hidden" name="proof" value="${visit.proof}">
    ${once && html`<input type="hidden" name="once" value="${once.get("once") ?? randomBytes(16).toString("base64url")}">`}
    ${inner}
  </form>`;

/** The idempotency key of a form that was made with `once`. */
export function onceOf(fields: URLSearchParams): { headers: Record<string, string> } {
  const once = fields.get("once") ?? "";
  return { headers: /^[\w-]{22}$/.test(once) ? { "Idempotency-Key": `console-${once}` } : {} };
}

/** Where a list goes on: the query of a page that is not the first. */
export const pageOf = ({ visit }: View) => {
  const cursor = visit.url.searchParams.get("after");
  return { limit: 25, ...(cursor === null ? {} : { cursor }) };
};
