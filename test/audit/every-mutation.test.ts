import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contract } from "../../spec/index.ts";
import { WEBHOOK_SECRET } from "../billing/stripe-double.ts";
import { sql } from "../organizations/people.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { CALLS } from "./calls.ts";
import { type Recorder, recorder } from "./recorder.ts";
import { freshWorld } from "./world.ts";

type Row = {
  id: string;
  org_id: string;
  operation: string;
  actor_kind: string;
  user_id: string | null;
  credential_id: string | null;
  resource_kind: string | null;
  resource_id: string | null;
  fields: string[];
  request_id: string;
  address: string | null;
};

let reelmark: TestApp;
let recording: Recorder;
beforeAll(async () => {
  reelmark = await openTestApp({
    env: { PAYMENTS: "manual", STRIPE_SECRET_KEY: "sk_test_none", STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET },
  });
  recording = recorder(reelmark);
});
afterAll(() => reelmark.close());

const events = () => sql<Row>(reelmark, "select * from audit_events order by id");
const MUTATIONS = Object.values(contract).filter(({ method }) => method !== "get");

test("every mutation of the contract is called below", () => {
  expect(Object.keys(CALLS).sort()).toEqual(MUTATIONS.map(({ id }) => id).sort());
});

describe("one event, with names and no values", () => {
  test.each(MUTATIONS)("$id", async ({ id, effect }) => {
    const world = await freshWorld(reelmark, await freshOrganization(reelmark), recording.api);
    const prepared = await CALLS[id]?.(world);
    if (!prepared) throw new Error(`There is no call of ${id}`);
    const before = new Set((await events()).map((row) => row.id));
    const answer = await prepared.call();
    const written = (await events()).filter((row) => !before.has(row.id));

    expect(written).toHaveLength(1);
    const [event] = written;
    expect(event).toMatchObject({
      operation: id,
      request_id: recording.last.requestId,
      fields: recording.last.fields,
      resource_kind: effect ? Object.values(effect)[0] : null,
    });
    if (prepared.actor !== null) expect(event?.user_id).toBe(prepared.actor);
    else expect(event?.user_id ?? "usr_").toMatch(/^usr_/);
    const made = typeof answer === "object" && answer !== null && "id" in answer ? answer.id : undefined;
    const organization = prepared.organization ?? world.owner.organizationId;
    if (organization === "the new one") expect(event?.org_id).toBe(made);
    else if (id !== "signUp") expect(event?.org_id).toBe(organization);
    if (effect && "creates" in effect) expect(event?.resource_id).toBe(made);
    expect(event?.address).toMatch(/^10\./);
  });

  test("none of the values that were sent, and no secret that was answered, is in any row", async () => {
    expect(recording.values.size).toBeGreaterThan(50);
    const rows = JSON.stringify(await events());
    for (const value of recording.values) expect(rows).not.toContain(value);
    for (const shape of ["rm_", "rmr_", "rmm_", "rmi_", "whsec_", "eyJ", "@reelmark"])
      expect(rows).not.toContain(shape);
  });
});

test("a new user's event says who they are and in which organization they were made", async () => {
  const { userId, organizationId } = await freshOrganization(reelmark);
  const [event] = (await events()).filter((row) => row.user_id === userId);
  expect(event).toMatchObject({ operation: "signUp", org_id: organizationId, actor_kind: "anonymous" });
});

test("a key's event names the key and the user behind it", async () => {
  const owner = await freshOrganization(reelmark);
  const key = await owner.key();
  const made = await key.api.createBrand({ body: { name: "By key", slug: "by-key" } });
  const [event] = (await events()).filter((row) => row.resource_id === made.id);
  expect(event).toMatchObject({ actor_kind: "api_key", credential_id: key.id, user_id: owner.userId });
});
