import { hash, randomBytes } from "node:crypto";
import { newId } from "../../server/kit/ids.ts";
import { WEBHOOK_SECRET } from "../billing/stripe-double.ts";
import { signPayload } from "../billing/stripe-wire.ts";
import { somebodyLetIn } from "../oauth/world.ts";
import { newAddress, openInvitation, PASSWORD, sql } from "../organizations/people.ts";
import type { TestApp } from "../setup/app.ts";
import { SOURCE_CALLS } from "./source-calls.ts";
import { brand, byOwner, type Prepare, persona, type World } from "./world.ts";

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

const WEBHOOK_URL = "https://hooks.example.com/audited-address";
const webhookOf = async (world: World) => ({
  webhook_id: (await world.owner.api.createWebhook({ body: { url: WEBHOOK_URL } })).id,
});
const TEXT = "audited text";
const OCTETS = { bodySerializer: () => TEXT, headers: { "content-type": "application/octet-stream" } };
const formOf = (filename: string) => {
  const form = new FormData();
  form.append("file", new File([TEXT], filename));
  return { body: { file: "" }, bodySerializer: () => form };
};
const upload = async (world: World) => {
  const { data } = await world.owner.api.POST("/v1/uploads", formOf("present.txt"));
  return { upload_id: data?.id ?? "" };
};
/** An upload in parts, without its one part. */
const inParts = async (world: World) => {
  const { id } = await world.owner.api.createResumableUpload({ body: { filename: "parts.txt", size: TEXT.length } });
  return { upload_id: id, part_number: "1" };
};
const PART = "/v1/uploads/{upload_id}/parts/{part_number}";
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
  revokeGrant: byOwner(async ({ test, owner }, api) => {
    const { id } = await somebodyLetIn(test, owner);
    return () => api.revokeGrant({ params: { grant_id: id } });
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
  createUpload: byOwner((_, api) => async () => (await api.POST("/v1/uploads", formOf("audited.txt"))).data),
  importUpload: byOwner((_, api) => () => {
    return api.importUpload({ body: { url: "https://cdn.example.com/audited.mp4", filename: "audited.mp4" } });
  }),
  deleteUpload: byOwner(async (world, api) => {
    const params = await upload(world);
    return () => api.deleteUpload({ params });
  }),
  createDownloadUrl: byOwner(async (world, api) => {
    const params = await upload(world);
    return () => api.createDownloadUrl({ params });
  }),
  createResumableUpload: byOwner((_, api) => () => {
    return api.createResumableUpload({ body: { filename: "audited.bin", size: 10_485_760 } });
  }),
  putUploadPart: byOwner(async (world, api) => {
    const path = await inParts(world);
    return () => api.PUT(PART, { params: { path }, body: TEXT, ...OCTETS });
  }),
  createUploadPartUrl: byOwner(async (world, api) => {
    const params = await inParts(world);
    return () => api.createUploadPartUrl({ params });
  }),
  putSignedUploadPart: async (world) => {
    const path = await inParts(world);
    const { url } = await world.owner.api.createUploadPartUrl({ params: path });
    const { searchParams } = new URL(url);
    const query = { expires: Number(searchParams.get("expires")), signature: searchParams.get("signature") ?? "" };
    const call = () => world.api().PUT(`${PART}/content`, { params: { path, query }, body: TEXT, ...OCTETS });
    return { call, actor: null };
  },
  completeUpload: byOwner(async (world, api) => {
    const params = await inParts(world);
    await world.owner.api.PUT(PART, { params: { path: params }, body: TEXT, ...OCTETS });
    return () => api.completeUpload({ params });
  }),
  createTopUp: byOwner((_, api) => () => api.createTopUp({ body: { credits: 500 } })),
  setAutoReload: byOwner((_, api) => () => {
    return api.setAutoReload({ body: { enabled: true, threshold: 50, credits: 500 } });
  }),
  changeBillingPlan: byOwner((_, api) => () => api.changeBillingPlan({ body: { plan: "pro" } })),
  receiveStripeEvent: ({ api }) => {
    const body = { id: `evt_${randomBytes(8).toString("hex")}`, type: "customer.created", data: { object: {} } };
    const headers = { "stripe-signature": signPayload(JSON.stringify(body), WEBHOOK_SECRET) };
    return { call: () => api().receiveStripeEvent({ body, headers }), actor: null, organization: "" };
  },
  ...SOURCE_CALLS,
  createWebhook: byOwner((_, api) => () => {
    return api.createWebhook({ body: { url: WEBHOOK_URL, description: "Audited endpoint" } });
  }),
  updateWebhook: byOwner(async (world, api) => {
    const params = await webhookOf(world);
    return () => api.updateWebhook({ params, body: { description: "Another endpoint", status: "disabled" } });
  }),
  deleteWebhook: byOwner(async (world, api) => {
    const params = await webhookOf(world);
    return () => api.deleteWebhook({ params });
  }),
  rotateWebhookSecret: byOwner(async (world, api) => {
    const params = await webhookOf(world);
    return () => api.rotateWebhookSecret({ params, body: { overlap_seconds: 60 } });
  }),
  testWebhook: byOwner(async (world, api) => {
    const params = await webhookOf(world);
    return () => api.testWebhook({ params });
  }),
  redeliverWebhook: byOwner(async (world, api) => {
    const { id } = await world.owner.api.testWebhook({ params: await webhookOf(world) });
    return () => api.redeliverWebhook({ params: { delivery_id: id } });
  }),
};
