import type { DocumentedOperation } from "../../document.ts";
import type { Run } from "../run.ts";
import type { Check } from "../types.ts";

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
    const { draft } = await run.world.draft(op);
    const before = await balance(run, reader);
    const exchange = await run.send(op, draft, run.cast.owner(op));
    const after = await balance(run, reader);
    if (before === undefined || after === undefined || exchange.status === 402) return;
    const due = exchange.status < 300 ? price : 0;
    if (before - after === due) return;
    const expected = `${due} credits for ${exchange.status}`;
    run.report(this.name, op, { expected, seen: String(before - after) }, [exchange]);
  },
};
