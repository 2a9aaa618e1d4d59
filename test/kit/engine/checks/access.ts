import { authOf, byToken, scopeSets } from "../../api.ts";
import { type DocumentedOperation, responseOf } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange, Principal } from "../types.ts";
import { shown } from "./compare.ts";

/** A request that only its credential keeps from going well, with a resource of its own where it ends one. */
async function good(op: DocumentedOperation, run: Run) {
  const kind = run.world.kindOf(op);
  const { draft } = await run.world.draft(op, {}, kind?.deletes === op);
  return draft;
}

/** Whether it wants a credential: one that `security` says, or a signature. */
const guarded = (op: DocumentedOperation) => op.security.length > 0 || authOf(op) !== "public";

/** How a bad credential is refused: 403 may stand for a signature, which nobody is challenged for. */
const refusalsOf = (op: DocumentedOperation) => (byToken(op) ? [401] : [401, 403]);

export const missingAuth: Check = {
  name: "missing_auth",
  about: "Without a credential an operation that wants one answers 401",
  applies: guarded,
  async run(op, run) {
    const exchange = await run.send(op, await good(op, run), undefined);
    if (refusalsOf(op).includes(exchange.status)) return;
    run.report(this.name, op, { expected: refusalsOf(op).join(" or "), seen: shown(exchange) }, [exchange]);
  },
};

const replaceAt = (text: string, at: number) => text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);

/** Credentials that nobody has: of the same form as a good one, of another, and none at all. */
function spoiled(who: Principal): Principal[] {
  const variants: ((value: string) => string)[] = [
    // In the middle: the last character of a base64 text may hold bits that say nothing.
    (value) => replaceAt(value, Math.floor(value.length * 0.8)),
    (value) => value.replace(/[A-Za-z0-9_.-]{8,}$/, "invalid"),
    (value) => (value.includes(" ") ? value.replace(/ .*$/, " ") : ""),
    (value) => `${value}x`,
  ];
  return variants.map((spoil, at) => ({
    ...who,
    name: `${who.name}, spoiled ${at + 1}`,
    headers: Object.fromEntries(Object.entries(who.headers).map(([name, value]) => [name, spoil(value)])),
    ...(who.sign ? { sign: (draft: Draft) => unsigned(draft, who.sign?.(draft) ?? draft, spoil) } : {}),
  }));
}

/** A signed request with what signing added or changed spoiled, and everything else as it was. */
function unsigned(plain: Draft, signed: Draft, spoil: (value: string) => string): Draft {
  const before = new Map(plain.query.map(([name, value]) => [name, value]));
  const headers = Object.entries(signed.headers).map(([name, value]) => [
    name,
    plain.headers[name] === value ? value : spoil(value),
  ]);
  const query = signed.query.map(
    ([name, value]) => [name, before.get(name) === value || /^\d+$/.test(value) ? value : spoil(value)] as const,
  );
  return { ...signed, query, headers: Object.fromEntries(headers) };
}

export const invalidAuth: Check = {
  name: "invalid_auth",
  about: "A credential that nobody has is a 401",
  applies: (op, run) => guarded(op) && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const owner = run.cast.owner(op);
    if (!owner) return;
    const draft = await good(op, run);
    for (const who of spoiled(owner)) {
      const exchange = await run.send(op, draft, who);
      // What is no credential at all may be called a malformed request.
      if (exchange.status === 400 || refusalsOf(op).includes(exchange.status)) continue;
      run.report(this.name, op, { expected: refusalsOf(op).join(" or "), seen: shown(exchange) }, [exchange]);
    }
  },
};

const SAFE = new Set(["GET", "HEAD"]);

/** A client that is told of a bad token logs in again, and for nothing; RFC 6750 §3.1 has a word for a scope that is missing. */
function saysWhy(op: DocumentedOperation, run: Run, exchange: Exchange): void {
  const isBearer = /^bearer /i.test(exchange.draft.headers.authorization ?? "");
  if (!isBearer || responseOf(op, 403)?.headers?.["www-authenticate"] === undefined) return;
  const seen = exchange.headers.get("www-authenticate") ?? "no WWW-Authenticate";
  if (/\berror="?insufficient_scope\b/.test(seen)) return;
  run.report("scope", op, { expected: 'WWW-Authenticate with error="insufficient_scope"', seen }, [exchange]);
}

export const scope: Check = {
  name: "scope",
  about: "Who lacks the scope is refused with 403",
  applies(op, run) {
    const stated = scopeSets(op).some((set) => set.length > 0) || !SAFE.has(op.method);
    if (op.security.length === 0 || !stated || !byToken(op)) return false;
    return run.cast.underScoped(op).length > 0 || run.cast.misfit(op)
      ? true
      : "no principal of the tenant lacks its scope";
  },
  async run(op, run) {
    const misfit = run.cast.misfit(op);
    if (misfit) {
      const exchange = await run.send(op, await good(op, run), misfit);
      if (exchange.status !== 401 && exchange.status !== 403) {
        const expected = `401 or 403 for ${misfit.name}, whose credential is of another kind`;
        run.report(this.name, op, { expected, seen: shown(exchange) }, [exchange]);
      }
    }
    // All of them: who has one of several scopes is let through where any one suffices, and who has none is not.
    for (const who of run.cast.underScoped(op)) {
      const exchange = await run.send(op, await good(op, run), who);
      const expected = `403 for ${who.name}, who lacks its scope`;
      if (exchange.status !== 403) run.report(this.name, op, { expected, seen: shown(exchange) }, [exchange]);
      else saysWhy(op, run, exchange);
    }
  },
};

export const ownerMay: Check = {
  name: "owner_may",
  about: "Who has the scope, and sends what the document shows, is not refused for it",
  applies: () => true,
  async run(op, run) {
    const exchange = await run.send(op, await good(op, run), run.cast.owner(op));
    if (exchange.status < 400) return;
    // A conflict with what is there is the server's right; the example itself is not at fault.
    if (exchange.status === 409 || exchange.status === 404) return;
    const refused = exchange.status === 401 || exchange.status === 403;
    // Where there is no credential, or no scope, to be refused for, the server has reasons of its own.
    if (refused && !scopeSets(op).some((set) => set.length > 0)) return;
    const name = refused ? this.name : "rejects_valid";
    const expected = "the document's own example is taken";
    run.report(name, op, { expected, seen: shown(exchange) }, [exchange]);
  },
};
