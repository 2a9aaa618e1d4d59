import { authOf, scopeSets } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import { type Draft, withHeaders } from "../draft.ts";
import type { Principal } from "./types.ts";

const LIMITED = /^limited( \d+)?$/;
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** The principals of a run, and who of them may do what. */
export class Cast {
  all: readonly Principal[];

  readonly #home: string;

  constructor(all: readonly Principal[]) {
    this.all = all;
    this.#home = all[0]?.tenant ?? "";
  }

  /** Whether the document lets this principal do the operation. */
  may(principal: Principal, op: DocumentedOperation): boolean {
    const auth = authOf(op);
    if (auth === "public") return true;
    if (!this.#fits(principal, auth)) return false;
    if (principal.scopes.includes("*")) return true;
    const sets = scopeSets(op);
    if (sets.every((set) => set.length === 0)) return SAFE.has(op.method) || !principal.scopes.includes("read");
    return sets.some((set) => set.every((scope) => principal.scopes.includes(scope)));
  }

  /** A session may do what a credential may; nothing else stands in for another. */
  #fits(principal: Principal, auth: string): boolean {
    const own = principal.auth ?? "credential";
    return own === auth || (auth === "credential" && own === "session");
  }

  /** Leaves a principal out whose credential has ended. */
  remove(who: Principal): void {
    this.all = this.all.filter((one) => one !== who);
  }

  /** The tenant whose resources the run makes: that of the first principal. */
  get home(): string {
    return this.#home;
  }

  /** Somebody at home who may do the operation. */
  owner(op: DocumentedOperation): Principal | undefined {
    return this.all.find((one) => one.tenant === this.home && this.may(one, op));
  }

  /** Everybody at home whose credential would do, but whose scopes do not. */
  underScoped(op: DocumentedOperation): readonly Principal[] {
    const auth = authOf(op);
    return this.all.filter((one) => one.tenant === this.home && this.#fits(one, auth) && !this.may(one, op));
  }

  /** Somebody at home with a credential of a lesser kind than the operation asks for. */
  misfit(op: DocumentedOperation): Principal | undefined {
    const auth = authOf(op);
    if (auth === "credential" || auth === "public") return undefined;
    return this.all.find(
      (one) =>
        one.tenant === this.home &&
        !one.sign &&
        ["credential", "session"].includes(one.auth ?? "credential") &&
        !this.#fits(one, auth),
    );
  }

  /** Whose limits may be used up: `limited`, and `limited 2` and so on, which are other credentials. */
  get limited(): readonly Principal[] {
    return this.all.filter(({ name }) => LIMITED.test(name));
  }

  /** Others of the owner's tenant who may do the operation, by credentials of their own. */
  peers(op: DocumentedOperation): readonly Principal[] {
    const owner = this.owner(op);
    return this.all.filter(
      (one) => one !== owner && one.tenant === this.home && !one.sign && !LIMITED.test(one.name) && this.may(one, op),
    );
  }

  /** Somebody of another tenant who may do the operation there. */
  stranger(op: DocumentedOperation): Principal | undefined {
    return this.all.find((one) => one.tenant !== this.home && this.may(one, op));
  }
}

const cookieOf = (headers: Principal["headers"]) =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === "cookie")?.[1];

/** The draft as this principal sends it: its credential, and beside it in one header the cookies that the request has. */
export function as(who: Principal | undefined, draft: Draft): Draft {
  if (who === undefined) return draft;
  const [own, { cookie }] = [cookieOf(who.headers), draft.headers];
  const both = own !== undefined && cookie !== undefined ? { cookie: `${own}; ${cookie}` } : {};
  const theirs = withHeaders(draft, { ...who.headers, ...both });
  return who.sign ? who.sign(theirs) : theirs;
}

/** Names of the query parameters and, in lower case, headers that make a request this principal's: no others can be sent. */
export function ownNames(who: Principal | undefined, draft: Draft): ReadonlySet<string> {
  const sent = as(who, draft);
  const headers = Object.keys(sent.headers).filter((name) => sent.headers[name] !== draft.headers[name]);
  const had = new Set(draft.query.map(([name, value]) => `${name}=${value}`));
  const query = sent.query.filter(([name, value]) => !had.has(`${name}=${value}`)).map(([name]) => name);
  return new Set([...headers.map((name) => name.toLowerCase()), ...query]);
}
