import { expect } from "vitest";
import type { DocumentedOperation } from "../document.ts";
import { type Draft, withHeaders } from "../draft.ts";
import { complaint, refused } from "../expecting.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

function streamed(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** What is larger is only announced: nobody sends five gigabytes to see them refused. */
const MOST_SENT = 16 * 1024 * 1024;

const withBody = (draft: Draft, bytes: NonNullable<Draft["body"]>["bytes"]): Draft => ({
  ...draft,
  body: { type: draft.body?.type ?? "application/json", bytes },
});

/** The body as bytes: its media type, whether it is there at all, whether it can be read, and how long it may be. */
export function mediaChecks<T extends Tenant>(suite: Suite<T>): void {
  const maxBytes = (op: DocumentedOperation): number =>
    (op.extensions["x-limits"] as { bodyBytes?: number } | undefined)?.bodyBytes ?? suite.options.bodyBytes;

  for (const op of suite.api.operations.filter((one) => one.body !== undefined)) {
    const type = suite.api.body(op)?.type ?? "";

    suite.test(`${op.id}: 415 for another media type, charset or encoding`, async () => {
      const home = await suite.home();
      const plain = home.plain(op);
      const others = ["application/xml", `${type}; charset=latin1`].map((one) => ({ "content-type": one }));
      for (const headers of [...others, { "content-encoding": "gzip" }]) {
        const error = await refused(await home.call(op, withHeaders(plain, headers)), 415, "UNSUPPORTED_MEDIA_TYPE");
        expect(error.details.accepted).toContain(type);
      }
    });

    suite.test(`${op.id}: 400 without a body`, async () => {
      const home = await suite.home();
      const { body: _body, ...bare } = home.plain(op);
      expect(await complaint(await home.call(op, bare), "body")).toBeUndefined();
    });

    if (type === "application/json") {
      suite.test(`${op.id}: 400 for JSON that is broken, empty or not UTF-8`, async () => {
        const home = await suite.home();
        for (const bytes of ["{", "[1,]", " ", "undefined", new Uint8Array([0x22, 0xff, 0x22])]) {
          const found = await complaint(await home.call(op, withBody(home.plain(op), bytes)), "body");
          expect(found, String(bytes)).toBeUndefined();
        }
      });
    }

    const most = maxBytes(op);
    if (most > MOST_SENT) {
      suite.test(`${op.id}: 413 for a body that announces one byte too many`, async () => {
        const home = await suite.home();
        const draft = withHeaders(home.plain(op), { "content-length": String(most + 1) });
        const error = await refused(await home.call(op, draft), 413, "PAYLOAD_TOO_LARGE");
        expect(error.details.max_bytes).toBe(most);
        const fits = await home.call(op, withHeaders(draft, { "content-length": String(most) }));
        expect(fits.status, "a body of exactly the limit").not.toBe(413);
      });
      continue;
    }

    suite.test(`${op.id}: 413 for a body of one byte too many, announced or streamed`, async () => {
      const home = await suite.home();
      const plain = home.plain(op);
      const over = new Uint8Array(most + 1).fill(0x20);
      for (const bytes of [over, streamed(over)]) {
        const error = await refused(await home.call(op, withBody(plain, bytes)), 413, "PAYLOAD_TOO_LARGE");
        expect(error.details.max_bytes).toBe(most);
      }
      if (type === "multipart/form-data") return;
      const fits = await home.call(op, withBody(plain, over.subarray(0, most)));
      expect(fits.status, "a body of exactly the limit").not.toBe(413);
    });
  }
}
