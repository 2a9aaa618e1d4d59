import { hash, randomBytes } from "node:crypto";
import type { Client } from "../../client/index.ts";
import { newId } from "../../server/kit/ids.ts";
import { memberOf, newAddress, openInvitation, PASSWORD, type Person, sql } from "../organizations/people.ts";
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
type Prepare = (world: World) => Promise<Prepared> | Prepared;

/** A mail's token without waiting for the mail. */
async function mailToken(test: TestApp, user: { userId: string; email: string }, purpose: "verify" | "reset") {
  const token = `rmm_${randomBytes(32).toString("base64url")}`;
  await sql(
    test,
    `insert into mail_tokens (token_hash, user_id, purpose, email, expires_at)
     values ($1, $2, $3, $4, now() + interval '1 hour')`,
    [hash("sha256", token, "buffer"), user.userId, purpose, user.email],
  );
  return token;
}

const byOwner =
  (prepare: (world: World, api: Client) => Promise<() => Promise<unknown>> | (() => Promise<unknown>)): Prepare =>
  async (world) => ({ call: await prepare(world, world.api(world.owner.token)), actor: world.owner.userId });

const brand = (world: World) => world.owner.api.createBrand({ body: { name: "Present brand", slug: "present-brand" } });
const persona = async (world: World) =>
  world.owner.api.createPersona({ body: { brand_id: (await brand(world)).id, name: "Present persona" } });
const keyOf = async (world: World) => ({ api_key_id: (await world.owner.key(["brands:read"])).id });

/** One call of every mutation of the contract that ends in 2xx. */
export const CALLS: Readonly<Record<string, Prepare>> = {
  signUp: ({ api }) => ({
    call: () => api().signUp({ body: { email: newAddress("audited"), password: PASSWORD, name: "Audited Newcomer" } }),
    actor: null,
  }),
  login: ({ api, owner }) => ({
    call: () => api().login({ body: { email: owner.email, password: PASSWORD } }),
    actor: owner.userId,
    organization: "",
  }),
  refreshSession: ({ api, owner }) => ({
    call: () => api().refreshSession({ body: { refresh_token: owner.refreshToken } }),
    actor: owner.userId,
    organization: "",
  }),
  logout: byOwner((_, api) => () => api.logout()),
  requestEmailVerification: byOwner((_, api) => () => api.requestEmailVerification()),
  verifyEmail: async ({ api, owner, test }) => {
    const token = await mailToken(test, owner, "verify");
    return { call: () => api().verifyEmail({ body: { token } }), actor: owner.userId, organization: "" };
  },
  // Who asks is not known, and the record must not tell whether the address has an account either.
  requestPasswordReset: ({ api, owner }) => ({
    call: () => api().requestPasswordReset({ body: { email: owner.email } }),
    actor: null,
    organization: "",
  }),
  resetPassword: async ({ api, owner, test }) => {
    const token = await mailToken(test, owner, "reset");
    const body = { token, password: "another good passphrase" };
    return { call: () => api().resetPassword({ body }), actor: owner.userId, organization: "" };
  },
  changePassword: byOwner((_, api) => () => {
    return api.changePassword({ body: { current_password: PASSWORD, new_password: "yet another passphrase" } });
  }),
  endSession: byOwner(async ({ owner }, api) => {
    const { data } = await owner.api.listSessions();
    return () => api.endSession({ params: { session_id: data[0]?.id ?? "" } });
  }),
  deleteAccount: ({ api, member }) => ({
    call: () => api(member.token).deleteAccount({ query: { confirm: member.name } }),
    actor: member.userId,
  }),
  updateProfile: byOwner((_, api) => () => api.updateProfile({ body: { name: "A name of mine" } })),
  createApiKey: byOwner((_, api) => () => {
    return api.createApiKey({ body: { label: "Audited label", scopes: ["brands:read"] } });
  }),
  updateApiKey: byOwner(async (world, api) => {
    const params = await keyOf(world);
    return () => api.updateApiKey({ params, body: { label: "Another label" } });
  }),
  deleteApiKey: byOwner(async (world, api) => {
    const params = await keyOf(world);
    return () => api.deleteApiKey({ params });
  }),
  rotateApiKey: byOwner(async (world, api) => {
    const params = await keyOf(world);
    return () => api.rotateApiKey({ params, body: { overlap_seconds: 60 } });
  }),
  revokeApiKey: byOwner(async (world, api) => {
    const params = await keyOf(world);
    return () => api.revokeApiKey({ params });
  }),
  createOrganization: ({ api, owner }) => ({
    call: () => api(owner.token).createOrganization({ body: { name: "Audited organization" } }),
    actor: owner.userId,
    organization: "the new one",
  }),
  updateOrganization: byOwner((_, api) => () => api.updateOrganization({ body: { name: "Another name" } })),
  deleteOrganization: byOwner((_, api) => () => api.deleteOrganization({ query: { confirm: "Test Studio" } })),
  updateMember: byOwner(({ member }, api) => () => {
    return api.updateMember({ params: { user_id: member.userId }, body: { role: "viewer" } });
  }),
  removeMember: byOwner(
    ({ member }, api) =>
      () =>
        api.removeMember({ params: { user_id: member.userId } }),
  ),
  leaveOrganization: ({ api, member }) => ({
    call: () => api(member.token).leaveOrganization(),
    actor: member.userId,
  }),
  createInvitation: byOwner((_, api) => () => {
    return api.createInvitation({ body: { email: newAddress("audited"), role: "member" } });
  }),
  revokeInvitation: byOwner(async ({ test, owner }, api) => {
    const { id } = await openInvitation(test, owner.organizationId, newAddress("open"), "viewer");
    return () => api.revokeInvitation({ params: { invitation_id: id } });
  }),
  acceptInvitation: async ({ api, test, member }) => {
    const organization = newId("org", Date.now());
    await sql(test, "insert into organizations (id, name) values ($1, 'Elsewhere')", [organization]);
    const { token } = await openInvitation(test, organization, member.email, "member");
    return {
      call: () => api(member.token).acceptInvitation({ body: { token } }),
      actor: member.userId,
      organization,
    };
  },
  createBrand: byOwner((_, api) => () => api.createBrand({ body: { name: "Audited brand", slug: "audited-brand" } })),
  updateBrand: byOwner(async (world, api) => {
    const { id } = await brand(world);
    return () => api.updateBrand({ params: { brand_id: id }, body: { description: "A description", name: "Newly" } });
  }),
  deleteBrand: byOwner(async (world, api) => {
    const { id } = await brand(world);
    return () => api.deleteBrand({ params: { brand_id: id } });
  }),
  reorderBrands: byOwner(async (world, api) => {
    const { id } = await brand(world);
    return () => api.reorderBrands({ body: { brand_ids: [id] } });
  }),
  createPersona: byOwner(async (world, api) => {
    const { id } = await brand(world);
    return () => api.createPersona({ body: { brand_id: id, name: "Audited persona" } });
  }),
  updatePersona: byOwner(async (world, api) => {
    const { id } = await persona(world);
    return () => api.updatePersona({ params: { persona_id: id }, body: { bio: "A long biography" } });
  }),
  deletePersona: byOwner(async (world, api) => {
    const { id } = await persona(world);
    return () => api.deletePersona({ params: { persona_id: id } });
  }),
};

/** An organization with its owner and a member, and recording clients. */
export async function freshWorld(
  test: TestApp,
  owner: TestOrganization,
  api: (token?: string) => Client,
): Promise<World> {
  return { test, owner, member: await memberOf(test, owner.organizationId, "member"), api };
}
