import { afterAll, beforeAll, expect, test } from "vitest";
import { PLANS } from "../../spec/plans.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { memberOf, newAddress, openInvitation, sql } from "./people.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

async function onPlan(plan: "free" | "pro") {
  const owner = await freshOrganization(reelmark);
  await sql(reelmark, "update organizations set plan = $2 where id = $1", [owner.organizationId, plan]);
  return owner;
}

const invite = () => ({ body: { email: newAddress("seat"), role: "member" } as const });

test.each(["free", "pro"] as const)(
  "403 PLAN_LIMIT when the seats of %s are taken, however many invite at once",
  async (plan) => {
    const { seats } = PLANS[plan];
    const owner = await onPlan(plan);
    const results = await Promise.allSettled(
      Array.from({ length: seats + 6 }, () => owner.api.createInvitation(invite())),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(seats - 1); // the owner sits on one
    for (const one of results) {
      if (one.status === "rejected") {
        expect(one.reason).toMatchObject({ status: 403, code: "PLAN_LIMIT", details: { plan, seats } });
      }
    }
    await expect(owner.api.getUsage()).resolves.toMatchObject({ seats: { used: seats, limit: seats } });
  },
);

test("an acceptance takes the seat that its invitation held; a seat is free again when one is revoked, over, or left", async () => {
  const owner = await onPlan("free");
  const first = await owner.api.createInvitation(invite());
  await expect(owner.api.createInvitation(invite())).rejects.toMatchObject({ code: "PLAN_LIMIT" });
  await owner.api.revokeInvitation({ params: { invitation_id: first.id } });
  const second = await owner.api.createInvitation(invite());
  await sql(reelmark, "update invitations set expires_at = now() where id = $1", [second.id]);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  await expect(owner.api.getUsage()).resolves.toMatchObject({ seats: { used: 2, limit: 2 } });
  await expect(owner.api.createInvitation(invite())).rejects.toMatchObject({ code: "PLAN_LIMIT" });
  await member.api.leaveOrganization();
  await expect(owner.api.createInvitation(invite())).resolves.toBeDefined();
});

test("403 PLAN_LIMIT for an acceptance after the plan has shrunk below what is taken", async () => {
  const owner = await onPlan("pro");
  await memberOf(reelmark, owner.organizationId, "member");
  const email = newAddress("late");
  const { token } = await openInvitation(reelmark, owner.organizationId, email, "member");
  await sql(reelmark, "update organizations set plan = 'free' where id = $1", [owner.organizationId]);
  const body = { email, password: "correct horse battery staple", name: "Late", invitation_token: token };
  await expect(reelmark.api().signUp({ body })).rejects.toMatchObject({ status: 403, code: "PLAN_LIMIT" });
  await sql(reelmark, "update organizations set plan = 'pro' where id = $1", [owner.organizationId]);
  await expect(reelmark.api().signUp({ body })).resolves.toMatchObject({ organization: { plan: "pro" } });
});
