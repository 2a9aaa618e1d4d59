import { expect } from "vitest";
import { queryParams } from "../api.ts";
import { withQuery } from "../draft.ts";
import { complaint } from "../expecting.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

const ITEMS = 5;

/** Lists: whatever the page size, a walk by cursor or by offset gives everything once and in one order. */
export function pagingChecks<T extends Tenant>(suite: Suite<T>): void {
  const { api } = suite;
  for (const op of api.operations) {
    const kind = api.kindOf(op, "lists");
    const takes = (name: string) => queryParams(op).some((one) => one.name === name);
    if (kind === undefined || !takes("limit") || !suite.makes(kind)) continue;

    suite.test(`${op.id}: every page size gives every item once, by cursor and by offset`, async () => {
      const home = await suite.fresh();
      const principal = await home.principal(op);
      const made: string[] = [];
      for (let i = 0; i < ITEMS; i++) made.push((await home.make(kind)).id);
      const whole = await home.page(op, { limit: "100" }, principal);
      const all = [...whole.ids];
      for (const id of made) expect(all).toContain(id);
      expect(new Set(all).size).toBe(all.length);
      expect(whole.count).toBe(all.length);
      expect(whole.next_cursor).toBeNull();
      for (let limit = 1; limit <= all.length + 1; limit++) {
        const size = String(limit);
        const byOffset: string[] = [];
        for (let offset = 0; takes("offset") && offset < all.length; offset += limit) {
          const page = await home.page(op, { limit: size, offset: String(offset) }, principal);
          expect(page.count).toBe(all.length);
          byOffset.push(...page.ids);
        }
        if (takes("offset")) expect(byOffset, `by offset, ${limit} a page`).toEqual(all);
        const byCursor: string[] = [];
        let cursor: string | null | undefined;
        for (let pages = 0; cursor !== null && pages <= all.length; pages++) {
          const page = await home.page(op, { limit: size, ...(cursor === undefined ? {} : { cursor }) }, principal);
          if (cursor !== undefined) expect(page.count, "count is absent by cursor").toBeUndefined();
          expect(page.data.length).toBeLessThanOrEqual(limit);
          byCursor.push(...page.ids);
          cursor = page.next_cursor;
        }
        expect(byCursor, `by cursor, ${limit} a page`).toEqual(all);
      }
      if (takes("offset")) expect((await home.page(op, { offset: String(all.length) }, principal)).data).toEqual([]);
    });

    if (takes("cursor")) {
      suite.test(`${op.id}: 400 for a cursor that it never gave, or one beside offset`, async () => {
        const home = await suite.fresh();
        for (let i = 0; i < 2; i++) await home.make(kind);
        const { next_cursor } = await home.page(op, { limit: "1" });
        const draft = await home.draft(op);
        const foreign = Buffer.from(JSON.stringify(["another-list", "x", "y"])).toString("base64url");
        for (const cursor of ["abc", foreign]) {
          expect(
            await complaint(await home.call(op, withQuery(draft, "cursor", cursor)), "query.cursor"),
          ).toBeUndefined();
        }
        if (!takes("offset")) return;
        const both = withQuery(withQuery(draft, "cursor", next_cursor ?? ""), "offset", "0");
        expect(await complaint(await home.call(op, both), "query.offset")).toBeUndefined();
      });
    }
  }
}
