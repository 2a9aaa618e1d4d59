import { expect, test } from "vitest";
import type { Suite } from "../kit/servers.ts";
import { settle, times } from "../setup/support.ts";
import type { ReelmarkTenant } from "./reelmark.ts";

const CONFLICT = { status: 409, code: "CONFLICT" };
const body = { url: "https://hooks.example.com/reelmark" };

/** Refusals of webhooks that follow from what is there: one test each. */
export function webhookRefusalTests(suite: Suite<ReelmarkTenant>): void {
  const tenant = async () => (await suite.main()).tenant();

  test("createWebhook: 409 for the fifty-first endpoint", async () => {
    const { api } = (await tenant()).organization;
    const { good } = await settle(times(50, () => api.createWebhook({ body })));
    expect(good).toHaveLength(50);
    await expect(api.createWebhook({ body })).rejects.toMatchObject(CONFLICT);
  });

  test("testWebhook and redeliverWebhook: 409 for a disabled endpoint", async () => {
    const { api } = (await tenant()).organization;
    const params = { webhook_id: (await api.createWebhook({ body })).id };
    const { id } = await api.testWebhook({ params });
    await api.updateWebhook({ params, body: { status: "disabled" } });
    await expect(api.testWebhook({ params })).rejects.toMatchObject(CONFLICT);
    await expect(api.redeliverWebhook({ params: { delivery_id: id } })).rejects.toMatchObject(CONFLICT);
  });
}
