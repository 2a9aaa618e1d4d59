import fc from "fast-check";
import { headerParam } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { type Draft, withHeaders, withJson, withOtherText } from "../../draft.ts";
import { positiveCases } from "../../generate/request.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import { type Ids, idFrom, Unmade } from "../world.ts";
import { shown } from "./compare.ts";
import { readAll } from "./walk.ts";

const keyed = (op: DocumentedOperation) => headerParam(op, "Idempotency-Key") !== undefined;
let count = 0;
const newKey = (run: Run) => `contract-${run.options.seed}-${process.pid}-${Date.now()}-${++count}`;

/** Whether the operation answers something that it shows once, so that a replay cannot show it again. */
function showsSecret(op: DocumentedOperation, run: Run): boolean {
  const { schema } = run.api.success(op);
  return schema !== undefined && run.api.schemas.secrets(schema, run.api.schemas.example(schema)).length > 0;
}

async function first(op: DocumentedOperation, run: Run) {
  const { draft, ids } = await run.world.draft(op, {}, true);
  const keyedDraft = withHeaders(draft, { "idempotency-key": newKey(run) });
  const exchange = await run.send(op, keyedDraft, run.cast.owner(op));
  return { draft: keyedDraft, ids, exchange };
}

const plain = (text: string) => text.replaceAll(/"(request|trace)_?id":\s*"[^"]*"/gi, "#");

/** Headers that belong to an answer, not to the moment in which it is given. */
const ANSWERED = ["location", "etag", "content-type"];

export const idempotencyReplay: Check = {
  name: "idempotency_replay",
  about: "The same key and request have one effect, and give the first answer again",
  applies: (op, run) => keyed(op) && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const { draft, ids, exchange } = await first(op, run);
    if (exchange.status >= 300) return;
    const lists = run.world.kindOf(op)?.lists;
    const before = lists && (await readAll(run, lists, ids));
    const again = await run.send(op, draft, run.cast.owner(op));
    if (showsSecret(op, run)) {
      if (again.status < 300) {
        run.report(this.name, op, { expected: "no second look at a secret", seen: shown(again) }, [exchange, again]);
      }
    } else if (again.text !== exchange.text || again.status !== exchange.status) {
      run.report(this.name, op, { expected: shown(exchange), seen: shown(again) }, [exchange, again]);
    } else {
      for (const name of ANSWERED) {
        const [was, is] = [exchange.headers.get(name), again.headers.get(name)];
        if (was === null || was === is) continue;
        run.report(this.name, op, { expected: `${name}: ${was}`, seen: is ?? "none" }, [exchange, again]);
      }
    }
    const after = lists && (await readAll(run, lists, ids));
    if (before && after && after.length > before.length) {
      run.report(this.name, op, { expected: `${before.length} in ${lists.id}`, seen: String(after.length) }, [
        exchange,
        again,
      ]);
    }
  },
};

export const idempotencyMismatch: Check = {
  name: "idempotency_mismatch",
  about: "The same key with another body is refused (409 or 422), and with another path is not taken for a repetition",
  applies: (op, run) =>
    keyed(op) &&
    run.cast.owner(op) !== undefined &&
    (run.api.body(op) !== undefined || run.world.references(op).some(({ place }) => place === "path")),
  async run(op, run) {
    await elsewhere(op, run, this);
    if (run.api.body(op) === undefined) return;
    const { draft, ids, exchange } = await first(op, run);
    if (exchange.status >= 300) return;
    const json = draft.body?.type.includes("json");
    const other = json ? withJson(draft, otherBody(op, run, ids, draft.body?.bytes)) : withOtherText(draft);
    if (other.body?.bytes === draft.body?.bytes) throw new Unmade(`${op.id} takes no other body`);
    const again = await run.send(op, other, run.cast.owner(op));
    if (again.status === 409 || again.status === 422) return;
    run.report(this.name, op, { expected: "409", seen: shown(again) }, [exchange, again]);
  },
};

/** Whether an answer is that of another request, given again. */
function isReplay(op: DocumentedOperation, run: Run, of: Exchange, answer: Exchange): boolean {
  if (answer.status >= 300) return false;
  if (answer.headers.get("idempotent-replayed") !== null) return true;
  const kind = run.world.kindOf(op);
  // What is there already may be answered again, with another status: 201 says that it was created just now.
  if (!kind?.creates.includes(op) || answer.status !== 201) return false;
  const id = idFrom(kind, of);
  const isAsked = id !== undefined && of.draft.path.includes(id);
  return id !== undefined && !isAsked && id === idFrom(kind, answer);
}

/** The same key and body for another resource: refused, or done; but not answered as if it had been done before. */
async function elsewhere(op: DocumentedOperation, run: Run, check: Check): Promise<void> {
  const { draft, ids, exchange } = await first(op, run);
  const { draft: other } = await run.world.draft(op, {}, true);
  if (exchange.status >= 300 || other.path === draft.path) return;
  const again = await run.send(op, { ...draft, path: other.path }, run.cast.owner(op));
  // Where nothing marks a replay, what it says of the first resource does.
  const theirs = Object.entries(ids).filter(([place]) => place.startsWith("path "));
  const isSaid =
    again.status < 300 &&
    again.text === exchange.text &&
    theirs.some(([, id]) => !/^\d+$/.test(id) && again.text.includes(id));
  const isAgain = again.status === 409 && (await saysDone(op, run, draft, ids, again));
  if (!isSaid && !isAgain && !isReplay(op, run, exchange, again)) return;
  const expected = "409 for the key with another path, or an answer of its own";
  run.report(check.name, op, { expected, seen: shown(again) }, [exchange, again]);
}

/**
 * Whether a refusal says of another path what a repetition is told, of what is shown once, and not what another body is:
 * only a server that tells the two apart can be seen to mix them up.
 */
async function saysDone(op: DocumentedOperation, run: Run, sent: Draft, ids: Ids, refused: Exchange): Promise<boolean> {
  const [who, body] = [run.cast.owner(op), otherBody(op, run, ids, sent.body?.bytes)];
  if (!showsSecret(op, run) || !sent.body?.type.includes("json") || JSON.stringify(body) === sent.body.bytes)
    return false;
  const repeated = await run.send(op, sent, who);
  const other = await run.send(op, withJson(sent, body), who);
  const said = plain(refused.text);
  return repeated.status === 409 && plain(repeated.text) === said && plain(other.text) !== said;
}

/** How many made-up bodies are looked at for one that is another. */
const TRIES = 50;

/** Another body that its schema takes: with other texts, else without what it may leave out, else made up. */
function otherBody(op: DocumentedOperation, run: Run, ids: Readonly<Record<string, string>>, sent: unknown): unknown {
  const fresh = run.world.freshBody(op, ids);
  if (JSON.stringify(fresh) !== sent) return fresh;
  const required = run.api.schemas.of(run.api.body(op)?.schema ?? {}).required ?? [];
  const least = Object.fromEntries(Object.entries((fresh ?? {}) as object).filter(([name]) => required.includes(name)));
  if (JSON.stringify(least) !== sent) return least;
  const { document, seed } = run.options;
  const made = fc.sample(positiveCases(document, op), { numRuns: TRIES, seed });
  return (
    made.map(({ body }) => body?.value).find((value) => value !== undefined && JSON.stringify(value) !== sent) ?? fresh
  );
}

export const idempotencyTenantScope: Check = {
  name: "idempotency_tenant_scope",
  about: "A key belongs to who used it: another tenant's same key is their own request",
  applies(op, run) {
    if (!keyed(op) || run.cast.owner(op) === undefined) return false;
    return run.cast.stranger(op) ? true : "no principal of another tenant may call it";
  },
  async run(op, run) {
    const { draft, exchange } = await first(op, run);
    if (exchange.status >= 300 || exchange.text === "") return;
    const theirs = await run.send(op, draft, run.cast.stranger(op));
    const replayed =
      theirs.headers.get("idempotent-replayed") !== null || (theirs.status < 300 && theirs.text === exchange.text);
    if (!replayed && theirs.status !== 409) return;
    run.report(this.name, op, { expected: "a request of their own", seen: shown(theirs) }, [exchange, theirs]);
  },
};

/** Whether an answer is the refusal that a repetition gets, of what is shown once, and another key has no such trouble. */
async function refusedAsAgain(op: DocumentedOperation, run: Run, draft: Draft, theirs: Exchange): Promise<boolean> {
  if (theirs.status !== 409) return false;
  const again = await run.send(op, draft, run.cast.owner(op));
  if (again.status !== 409 || plain(again.text) !== plain(theirs.text)) return false;
  const own = await run.send(op, withHeaders(draft, { "idempotency-key": newKey(run) }), theirs.who);
  return own.status < 300;
}

export const idempotencyCredentialScope: Check = {
  name: "idempotency_credential_scope",
  about: "Where the document says that a key is its credential's own, no other of the same tenant gets its answer",
  applies(op, run) {
    // Whether a key is a credential's or its whole tenant's is a server's choice: it is held to what its document says.
    if (headerParam(op, "Idempotency-Key")?.["x-scope"] !== "credential" || !run.cast.owner(op)) return false;
    return run.cast.peers(op).length > 0 ? true : "no other principal of the tenant may call it";
  },
  async run(op, run) {
    const { draft, exchange } = await first(op, run);
    if (exchange.status >= 300) return;
    for (const who of run.cast.peers(op)) {
      const theirs = await run.send(op, draft, who);
      const isTaken = isReplay(op, run, exchange, theirs) || (await refusedAsAgain(op, run, draft, theirs));
      if (!isTaken) continue;
      const expected = `a request of its own for ${who.name}`;
      run.report(this.name, op, { expected, seen: shown(theirs) }, [exchange, theirs]);
    }
  },
};
