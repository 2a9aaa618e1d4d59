import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openShop, pageOf, type Shop } from "../billing/support.ts";
import type { Coverage } from "../kit/coverage.ts";

/** Refusals of billing that follow from how it stands with Stripe. */
export function billingRefusalTests(coverage: Coverage): void {
  describe("with Stripe", () => {
    let shop: Shop;
    beforeAll(async () => {
      shop = await openShop();
    });
    afterAll(async () => {
      coverage.add(shop.test.seen);
      await shop.close();
    });
    const failing = () => void shop.stripe.faults.push({ on: /./, times: 3, how: "500" });
    const upstream = { status: 502, code: "UPSTREAM_ERROR" };

    test("createTopUp and changeBillingPlan: 502 while Stripe fails, and nothing is changed", async () => {
      const { api } = await shop.customer();
      failing();
      await expect(api.createTopUp({ body: { credits: 100 } })).rejects.toMatchObject(upstream);
      failing();
      await expect(api.changeBillingPlan({ body: { plan: "scale" } })).rejects.toMatchObject(upstream);
      expect((await api.listTopUps()).data).toEqual([]);
      expect(await api.getBillingPlan()).toMatchObject({ plan: { id: "pro" }, pending_plan: null });
    });

    test("receiveStripeEvent: 503 while Stripe fails", async () => {
      const { api } = await shop.customer();
      const { checkout_url } = await api.createTopUp({ body: { credits: 100 } });
      const [event = {}] = shop.stripe.account.pay(pageOf(checkout_url));
      failing();
      expect(await shop.deliver(event)).toBe(503);
      expect(await shop.deliver(event)).toBe(200);
    });

    test("deleteOrganization: 409 while a subscription pays for it", async () => {
      const { api } = await shop.customer();
      const { checkout_url } = await api.changeBillingPlan({ body: { plan: "scale" } });
      await shop.deliverAll(shop.stripe.account.subscribe(pageOf(checkout_url)).events);
      const remove = api.deleteOrganization({ query: { confirm: "Test Studio" } });
      await expect(remove).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
    });
  });
}
