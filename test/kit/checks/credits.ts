import { expect } from "vitest";
import type { DocumentedOperation } from "../document.ts";
import { refused } from "../expecting.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** Most credits that an operation can cost; 0 when free. */
function price(op: DocumentedOperation): number {
  const credits = (op.extensions["x-credits"] ?? 0) as number | { max: number };
  return typeof credits === "number" ? credits : credits.max;
}

/** Operations that cost: refused when the balance does not cover the most that they can cost, and then nothing is done. */
export function creditChecks<T extends Tenant>(suite: Suite<T>): void {
  for (const op of suite.api.operations.filter((one) => price(one) > 0)) {
    suite.test(`${op.id}: 402 when one credit is missing, and done when none is`, async () => {
      const life = await suite.fresh();
      const { setCredits } = life.tenant;
      if (!setCredits) throw new Error(`${op.id} costs credits: the tenant needs setCredits()`);
      const draft = await life.draft(op);
      await setCredits(price(op) - 1);
      const error = await refused(await life.call(op, draft), 402, "INSUFFICIENT_BALANCE");
      expect(error.details).toMatchObject({ required: price(op), available: price(op) - 1 });
      await setCredits(price(op));
      expect((await life.call(op, draft)).status).toBe(suite.api.success(op).status);
    });
  }
}
