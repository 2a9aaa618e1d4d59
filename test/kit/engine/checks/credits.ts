import { randomUUID } from "node:crypto";
import { headerParam } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { type Draft, withHeaders } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import { unknownLike } from "./tenants.ts";

/** The operation that shows the balance, where a document has one, and the field of its answer that is it. */
function balanceReader(run: Run): DocumentedOperation | undefined {
  return run.api.operations.find(({ method, path }) => method === "GET" && /\/(balance|credits)$/.test(path));
}

const FIELDS = ["available", "balance", "credits"];

async function balance(run: Run, op: DocumentedOperation): Promise<number | undefined> {
  const { draft } = await run.world.draft(op);
  const { json } = await run.send(op, draft, run.cast.owner(op));
  const record = (json ?? {}) as Record<string, unknown>;
  const value = FIELDS.map((name) => record[name]).find((one) => typeof one === "number");
  return typeof value === "number" ? value : undefined;
}

const priceOf = (op: DocumentedOperation): number | undefined => {
  const price = op.extensions["x-credits"];
  return typeof price === "number" ? price : undefined;
};

const elsewhere = (draft: Draft, id: string): Draft => ({
  ...draft,
  path: draft.path.replace(encodeURIComponent(id), encodeURIComponent(unknownLike(id))),
});

export const creditsCharged: Check = {
  name: "credits_charged",
  about: "An operation costs what the document says: when it goes well, and nothing when it is refused",
  applies(op, run) {
    if (priceOf(op) === undefined) return false;
    return balanceReader(run) ? true : "the document has no operation that shows the balance";
  },
  async run(op, run) {
    const reader = balanceReader(run);
    const price = priceOf(op);
    if (!reader || price === undefined) return;
    const { draft, ids } = await run.world.draft(op);
    const keyed = headerParam(op, "Idempotency-Key") !== undefined;
    const once = keyed
      ? withHeaders(draft, { "idempotency-key": `contract-${run.options.seed}-${randomUUID()}` })
      : draft;
    // Once as it should be, once more with the same key, and once for a resource that is not there.
    const unknown = Object.entries(ids).find(([place]) => place.startsWith("path "));
    const drafts = [once, ...(keyed ? [once] : []), ...(unknown ? [elsewhere(draft, unknown[1])] : [])];
    for (const [turn, sent] of drafts.entries()) {
      const before = await balance(run, reader);
      const exchange = await run.send(op, sent, run.cast.owner(op));
      const after = await balance(run, reader);
      if (before === undefined || after === undefined || exchange.status === 402) return;
      const replayed = turn > 0 && sent === once;
      const due = exchange.status < 300 && !replayed ? price : 0;
      if (before - after === due) continue;
      const expected = `${due} credits for ${exchange.status}${replayed ? " given again" : ""}`;
      run.report(this.name, op, { expected, seen: String(before - after) }, [exchange]);
    }
  },
};
