import type { Client } from "../../client/index.ts";
import { memberOf, type Person } from "../organizations/people.ts";
import type { TestApp, TestOrganization } from "../setup/app.ts";

/** Who is there before a mutation is called. */
export type World = {
  readonly test: TestApp;
  readonly owner: TestOrganization;
  readonly member: Person;
  /** A recording client of the owner, of anybody else's token, or of nobody. */
  readonly api: (token?: string) => Client;
};

/** Sets up what the call needs; the call itself is the one mutation that is counted. `actor` is who does it. */
type Prepared = {
  readonly call: () => Promise<unknown>;
  readonly actor: string | null;
  readonly organization?: string;
};
export type Prepare = (world: World) => Promise<Prepared> | Prepared;

/** A call by the owner. */
export const byOwner =
  (prepare: (world: World, api: Client) => Promise<() => Promise<unknown>> | (() => Promise<unknown>)): Prepare =>
  async (world) => ({ call: await prepare(world, world.api(world.owner.token)), actor: world.owner.userId });

export const brand = (world: World) =>
  world.owner.api.createBrand({ body: { name: "Present brand", slug: "present-brand" } });
export const persona = async (world: World) =>
  world.owner.api.createPersona({ body: { brand_id: (await brand(world)).id, name: "Present persona" } });

/** An organization with its owner and a member, and recording clients. */
export async function freshWorld(
  test: TestApp,
  owner: TestOrganization,
  api: (token?: string) => Client,
): Promise<World> {
  return { test, owner, member: await memberOf(test, owner.organizationId, "member"), api };
}
