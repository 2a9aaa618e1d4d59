import { expect } from "vitest";
import { headerParam } from "../api.ts";
import { withHeaders } from "../draft.ts";
import { done, gone, refused } from "../expecting.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** Conditional requests (RFC 9110 §13): 304 on reads, 412 on writes, and nothing changed by a write that is refused. */
export function conditionalChecks<T extends Tenant>(suite: Suite<T>): void {
  const { api } = suite;
  for (const op of api.operations) {
    if (headerParam(op, "If-None-Match")) {
      suite.test(`${op.id}: 304 when If-None-Match names the version`, async () => {
        const home = await suite.fresh();
        const draft = await home.draft(op);
        const tag = (await home.call(op, draft)).headers.get("etag") ?? "";
        expect(tag).toMatch(/^"[^"]+"$/);
        for (const value of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
          const response = await home.call(op, withHeaders(draft, { "if-none-match": value }));
          expect(response.status, value).toBe(304);
          expect(response.headers.get("etag")).toBe(tag);
          expect(await response.text()).toBe("");
        }
        expect((await home.call(op, withHeaders(draft, { "if-none-match": '"other"' }))).status).toBe(200);
      });
    }

    const reader = api.readerOf(op);
    if (headerParam(op, "If-Match") && reader) {
      suite.test(`${op.id}: 412 and nothing changed unless If-Match names the version`, async () => {
        const home = await suite.fresh();
        const draft = await home.draft(op);
        // The reader's path is where the operation's begins.
        const path = draft.path.split("/").slice(0, reader.path.split("/").length).join("/");
        const read = async () => home.call(reader, { method: "GET", path, query: [], headers: {} });
        const first = await read();
        const tag = first.headers.get("etag") ?? "";
        const before = await first.text();
        for (const value of ['"other"', `W/${tag}`]) {
          await refused(await home.call(op, withHeaders(draft, { "if-match": value })), 412, "PRECONDITION_FAILED");
        }
        expect(await (await read()).text()).toBe(before);
        await done(await home.call(op, withHeaders(draft, { "if-match": tag })));
        const after = await read();
        // What is gone is not found, or its credential is gone with it.
        if (gone(after.status)) return;
        expect(after.headers.get("etag"), "the version after the change").not.toBe(tag);
        await refused(await home.call(op, withHeaders(draft, { "if-match": tag })), 412, "PRECONDITION_FAILED");
      });
    }
  }
}
