import type { DocumentedOperation } from "../../document.ts";
import { withHeaders } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";

/** A `Range`, and the part of a content of `size` bytes that it asks for: both ends included; undefined for the whole. */
type Asked = readonly [range: string, start: number, end: number] | readonly [range: string];

const asked = (size: number): readonly Asked[] => [
  ["bytes=0-0", 0, 0],
  ["bytes=1-", 1, size - 1],
  ["bytes=1-2", 1, 2],
  ["bytes=-2", size - 2, size - 1],
  [`bytes=-${size + 5}`, 0, size - 1],
  [`bytes=0-${size + 5}`, 0, size - 1],
  [`bytes=${size - 1}-${size - 1}`, size - 1, size - 1],
  // What cannot be satisfied, or is of no known unit, has no part that could be sent.
  [`bytes=${size}-`],
  ["bytes=2-1"],
  ["lines=0-0"],
];

/** What is wrong with the answer to a range of a content, or undefined. */
function wrong(whole: string, [, start, end]: Asked, { status, text, headers }: Exchange) {
  if (start === undefined || end === undefined) {
    if (status !== 206 && (status !== 200 || text === whole)) return undefined;
    return { expected: "the whole, or 416", seen: `${status} of ${text.length} bytes` };
  }
  const range = `bytes ${start}-${end}/${whole.length}`;
  if (status === 206 && text === whole.slice(start, end + 1) && headers.get("content-range") === range)
    return undefined;
  const expected = `206 with ${end - start + 1} bytes and Content-Range: ${range}`;
  return { expected, seen: `${status} with ${text.length} bytes and ${headers.get("content-range") ?? "none"}` };
}

export const byteRanges: Check = {
  name: "byte_ranges",
  about: "Where a 206 is declared, Range gets just the bytes that it asks for, and says which (RFC 9110 §14)",
  applies: (op, run) => op.method === "GET" && op.responses.has(206) && run.cast.owner(op) !== undefined,
  async run(op: DocumentedOperation, run: Run) {
    const who = run.cast.owner(op);
    const { draft } = await run.world.draft(op);
    const whole = await run.send(op, draft, who);
    // Of fewer bytes, or of such as no text shows, no part could be told from another.
    if (whole.status !== 200 || !/^[\x20-\x7e]{4,}$/.test(whole.text)) return;
    for (const one of asked(whole.text.length)) {
      const part = await run.send(op, withHeaders(draft, { range: one[0] }), who);
      const what = wrong(whole.text, one, part);
      if (what) run.report(this.name, op, { ...what, expected: `${what.expected} for ${one[0]}` }, [part]);
    }
    // If-Range with a version that is not the present one wants the whole (RFC 9110 §13.1.5).
    const stale = await run.send(op, withHeaders(draft, { range: "bytes=0-0", "if-range": '"no-such-version"' }), who);
    if (stale.status === 200 && stale.text === whole.text) return;
    run.report(this.name, op, { expected: "the whole, for a stale If-Range", seen: `${stale.status}` }, [stale]);
  },
};
