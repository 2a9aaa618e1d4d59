import { authOf, byToken, scopeSets } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Run } from "../run.ts";
import type { Check, Exchange, Principal } from "../types.ts";

const shown = ({ status, text }: Exchange) => `${status} ${text.slice(0, 120)}`;

/** A request that only its credential keeps from going well, with a resource of its own where it ends one. */
async function good(op: DocumentedOperation, run: Run) {
  const kind = run.world.kindOf(op);
  const { draft } = await run.world.draft(op, {}, kind?.deletes === op);
  return draft;
}

export const missingAuth: Check = {
  name: "missing_auth",
  about: "Without a credential an operation that wants one answers 401",
  applies: (op) => op.security.length > 0,
  async run(op, run) {
    const exchange = await run.send(op, await good(op, run), undefined);
    if (exchange.status !== 401) run.report(this.name, op, { expected: "401", seen: shown(exchange) }, [exchange]);
  },
};

/** Credentials that nobody has: of the same form as a good one, of another, and none at all. */
function spoiled(who: Principal): Principal[] {
  const variants: ((value: string) => string)[] = [
    (value) => value.slice(0, -1) + (value.endsWith("0") ? "1" : "0"),
    (value) => value.replace(/[A-Za-z0-9_.-]{8,}$/, "invalid"),
    (value) => value.replace(/ .*$/, " "),
    (value) => `${value}x`,
  ];
  return variants.map((spoil, at) => ({
    ...who,
    name: `${who.name}, spoiled ${at + 1}`,
    headers: Object.fromEntries(Object.entries(who.headers).map(([name, value]) => [name, spoil(value)])),
  }));
}

export const invalidAuth: Check = {
  name: "invalid_auth",
  about: "A credential that nobody has is a 401",
  applies: (op, run) => op.security.length > 0 && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const owner = run.cast.owner(op);
    if (!owner) return;
    const draft = await good(op, run);
    for (const who of spoiled(owner)) {
      const exchange = await run.send(op, draft, who);
      // What is no credential at all may be called a malformed request.
      if (exchange.status === 401 || exchange.status === 400) continue;
      run.report(this.name, op, { expected: "401", seen: shown(exchange) }, [exchange]);
    }
  },
};

const SAFE = new Set(["GET", "HEAD"]);

export const scope: Check = {
  name: "scope",
  about: "Who lacks the scope is refused with 403",
  applies(op, run) {
    const stated = scopeSets(op).some((set) => set.length > 0) || !SAFE.has(op.method);
    if (op.security.length === 0 || !stated || !byToken(op)) return false;
    return run.cast.underScoped(op) ? true : "no principal of the tenant lacks its scope";
  },
  async run(op, run) {
    const who = run.cast.underScoped(op);
    if (!who) return;
    const exchange = await run.send(op, await good(op, run), who);
    if (exchange.status === 403) return;
    run.report(this.name, op, { expected: `403 for ${who.name}`, seen: shown(exchange) }, [exchange]);
  },
};

export const ownerMay: Check = {
  name: "owner_may",
  about: "Who has the scope, and sends what the document shows, is not refused for it",
  applies(op, run) {
    if (run.cast.owner(op)) return true;
    return authOf(op) === "public" ? true : `no principal may call it (${authOf(op)})`;
  },
  async run(op, run) {
    const exchange = await run.send(op, await good(op, run), run.cast.owner(op));
    if (exchange.status < 400) return;
    // A conflict with what is there is the server's right; the example itself is not at fault.
    if (exchange.status === 409 || exchange.status === 404) return;
    const name = exchange.status === 401 || exchange.status === 403 ? this.name : "rejects_valid";
    const expected = "the document's own example is taken";
    run.report(name, op, { expected, seen: shown(exchange) }, [exchange]);
  },
};
