import type { DocumentedOperation } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import { shown } from "./compare.ts";

/** A limit above this, in bytes, is not tried: it would take too long to send. */
const MOST = 16 * 1024 * 1024;

/** The most bytes that a body of JSON may have, as the document says; undefined where it does not. */
function limitOf(op: DocumentedOperation, run: Run): number | undefined {
  const most = op.body?.["x-max-bytes"];
  const isJson = /^application\/(json|[^;\s]+\+json)$/.test(run.api.body(op)?.type ?? "");
  return isJson && typeof most === "number" && most <= MOST ? most : undefined;
}

/** The draft with blanks behind its JSON, which say nothing (RFC 8259 §2): a body of so many bytes. */
function padded(draft: Draft, bytes: number): Draft | undefined {
  const text = draft.body?.bytes;
  if (!draft.body || typeof text !== "string" || Buffer.byteLength(text) > bytes) return undefined;
  const blanks = " ".repeat(bytes - Buffer.byteLength(text));
  return { ...draft, body: { ...draft.body, bytes: `${text}${blanks}` } };
}

/** A body that does not say how long it is, as it comes over HTTP in chunks. */
function unannounced(draft: Draft): Draft {
  const { body } = draft;
  if (typeof body?.bytes !== "string") return draft;
  const bytes = new Blob([body.bytes]).stream();
  return { ...draft, body: { ...body, bytes } };
}

const isTaken = ({ status }: Exchange) => status >= 200 && status < 300;

export const bodyLimit: Check = {
  name: "body_limit",
  about: "A body of exactly as many bytes as the document allows is read, and one of more is a 413 (RFC 9110 §15.5.14)",
  applies: (op, run) => limitOf(op, run) !== undefined && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const most = limitOf(op, run);
    const who = run.cast.owner(op);
    if (most === undefined || !who) return;
    const sized = async (bytes: number) => {
      const { draft, ids } = await run.world.draft(op, {}, true);
      return { draft: padded(draft, bytes), ids };
    };
    const { draft, ids } = await sized(most);
    if (!draft) return;
    const exact = await run.send(op, draft, who);
    await run.world.end(op, exact, ids);
    if (exact.status === 413) {
      run.report(this.name, op, { expected: `a body of ${most} bytes is read`, seen: shown(exact) }, [exact]);
      return;
    }
    const more = (await sized(most + 1)).draft;
    if (!more) return;
    const over = await run.session.sendOnce(op, more, who, true);
    // Where the request is refused for something else, such as how many there may be, the limit is not what is seen.
    const isOther = (over.status === 400 || over.status === 422) && over.status !== exact.status;
    if (isTaken(over) || isOther) {
      run.report(this.name, op, { expected: `413 for a body of ${most + 1} bytes`, seen: shown(over) }, [over]);
      return;
    }
    const { draft: chunked, ids: last } = await sized(most + 1);
    if (!chunked || exact.status >= 300) return;
    // Servers may want the length (411), whether the document says so or not: this is no request of the operation's.
    const streamed = await run.session.sendOnce(undefined, unannounced(chunked), who, true);
    await run.world.end(op, streamed, last);
    if (!isTaken(streamed)) return;
    const expected = `413 for a body of ${most + 1} bytes that does not say how long it is`;
    run.report(this.name, op, { expected, seen: shown(streamed) }, [{ ...streamed, draft: chunked }]);
  },
};
