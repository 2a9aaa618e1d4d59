import { expect } from "vitest";
import type { Reference } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import type { Draft } from "../draft.ts";
import type { Life } from "../life.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** Headers that differ between any two answers. */
const PASSING = /^(date|x-request-id|x-ratelimit-.*)$/;

/** An answer with what must differ taken out: the request's own id, and the resource's id that it was about. */
async function essence(response: Response, id: string) {
  const requestId = response.headers.get("x-request-id") ?? "";
  const text = (await response.text()).replaceAll(requestId, "<request>").replaceAll(id, "<id>");
  const headers = [...response.headers].filter(([name]) => !PASSING.test(name));
  return { status: response.status, headers, text };
}

async function naming<T extends Tenant>(life: Life<T>, op: DocumentedOperation, ref: Reference, id: string) {
  const draft: Draft = await life.draft(op, ref.place === "query" ? {} : { [`${ref.place} ${ref.name}`]: id });
  return ref.place === "query" ? { ...draft, query: [...draft.query, [ref.name, id] as const] } : draft;
}

/** Tenants do not see each other: not by id, not in lists, not by the difference between two refusals. */
export function tenantChecks<T extends Tenant>(suite: Suite<T>): void {
  for (const op of suite.api.operations) {
    for (const ref of suite.api.references(op)) {
      const title = ref.place === "path" ? "404, as for an unknown id," : "the answer for an unknown id";
      suite.test(`${op.id}: ${title} for another tenant's ${ref.kind} in ${ref.place} ${ref.name}`, async () => {
        const home = await suite.fresh();
        const other = await suite.fresh();
        const theirs = await other.make(ref.kind);
        const before = await other.read(ref.kind, theirs.id);
        // An id of the same shape that nobody has: theirs, with its last character changed.
        const unknown = theirs.id.slice(0, -1) + (theirs.id.endsWith("0") ? "1" : "0");
        const foreign = await naming(home, op, ref, theirs.id);
        const absent = await naming(home, op, ref, unknown);
        const seen = await essence(await home.call(op, foreign), theirs.id);
        expect(seen).toEqual(
          await essence(await home.call(op, { ...absent, ...bodyOf(foreign, theirs.id, unknown) }), unknown),
        );
        if (ref.place === "path") expect(seen.status).toBe(404);
        if (ref.place === "body") expect([400, 404, 409]).toContain(seen.status);
        const after = await other.read(ref.kind, theirs.id);
        expect(after?.status).toBe(before?.status);
        expect(after?.text).toBe(before?.text);
      });
    }
    const kind = suite.api.kindOf(op, "lists");
    if (kind === undefined || !suite.makes(kind)) continue;
    suite.test(`${op.id}: shows nothing of another tenant`, async () => {
      const home = await suite.fresh();
      const other = await suite.fresh();
      await home.make(kind);
      const principal = await home.principal(op);
      const before = await home.page(op, {}, principal);
      const theirs = await other.make(kind);
      const after = await home.page(op, {}, principal);
      expect(after.text).not.toContain(theirs.id);
      expect(after.count).toBe(before.count);
      expect(after.ids).toEqual(before.ids);
    });
  }
}

/** The body of one draft with another id in it: fresh texts must not be what makes two answers differ. */
function bodyOf(draft: Draft, from: string, to: string): Partial<Draft> {
  if (typeof draft.body?.bytes !== "string") return {};
  return { body: { ...draft.body, bytes: draft.body.bytes.replaceAll(from, to) } };
}
