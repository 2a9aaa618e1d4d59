import type { Client } from "../../client/index.ts";
import { somebodyLetIn } from "../oauth/world.ts";
import { memberOf } from "../organizations/people.ts";
import { freshOrganization, type TestApp, type TestOrganization } from "../setup/app.ts";
import { until } from "../setup/support.ts";
import type { FeedServer } from "../sources/feed-server.ts";
import { ended } from "../sync/support.ts";

/** Who runs the samples, and what there is to run them on. */
export type SampleWorld = {
  readonly app: TestApp;
  readonly feeds: FeedServer;
  readonly file: Blob;
  /** Shared by the samples that leave it as it is, with what was made in it for those that only read. */
  readonly shared: TestOrganization;
  readonly kept: Map<string, Promise<string>>;
};

/** What a sample is given instead of what its example made up: by the text that stands in it. */
export type Given = { readonly token: string; readonly instead: Readonly<Record<string, string>> };

let made = 0;
const fresh = (word: string) => `${word}-${++made}`;

const brand = async (api: Client) => (await api.createBrand({ body: { name: "Studio", slug: fresh("studio") } })).id;
const persona = async (api: Client) =>
  (await api.createPersona({ body: { brand_id: await brand(api), name: fresh("Nora") } })).id;
const source = async ({ feeds }: SampleWorld, api: Client, path = "/feed.xml") => {
  const body = { persona_id: await persona(api), url: feeds.url(path), name: fresh("Feed") };
  return (await api.createSource({ body })).id;
};
const webhook = async ({ feeds }: SampleWorld, api: Client) =>
  (await api.createWebhook({ body: { url: feeds.url("/hook"), events: null } })).id;
const event = async (world: SampleWorld, api: Client) => {
  const webhook_id = await webhook(world, api);
  await api.testWebhook({ params: { webhook_id } });
  return await until(async () => (await api.listWebhookDeliveries({ query: { webhook_id } })).data[0]);
};
const post = async (world: SampleWorld, api: Client) => {
  const source_id = await source(world, api);
  await ended(api, await api.syncSource({ params: { source_id }, body: { force: true } }));
  return (await api.listSourcePosts({ query: { source_id } })).data[0]?.id ?? "no post came";
};

/** An upload of the file, in one part that is announced and, where told, there. */
async function upload({ app, file }: SampleWorld, { api, token }: TestOrganization, there: "announced" | "sent") {
  const { id } = await api.createResumableUpload({ body: { filename: "nora-coffee.mp4", size: file.size } });
  if (there === "announced") return id;
  const url = `http://reelmark.test/api/v1/uploads/${id}/parts/1`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
  await app.fetch(new Request(url, { method: "PUT", headers, body: file }));
  return id;
}

async function ready(world: SampleWorld, organization: TestOrganization): Promise<string> {
  const upload_id = await upload(world, organization, "sent");
  await organization.api.completeUpload({ params: { upload_id } });
  await until(async () => (await organization.api.getUpload({ params: { upload_id } })).status === "ready");
  return upload_id;
}

/** What of each kind exists for a sample that names one, by the prefix of its id. */
const MAKERS: Readonly<Record<string, (world: SampleWorld, of: TestOrganization) => Promise<string>>> = {
  brd: (_, { api }) => brand(api),
  per: (_, { api }) => persona(api),
  src: (world, { api }) => source(world, api),
  spo: (world, { api }) => post(world, api),
  syn: async (world, { api }) => {
    // Of a feed that does not answer, so that it is not over before it is cancelled.
    const source_id = await source(world, api, "/slow.xml");
    return (await api.syncSource({ params: { source_id }, body: { force: true } })).id;
  },
  key: async (_, { api }) => (await api.createApiKey({ body: { label: "sample", scopes: ["brands:read"] } })).id,
  ses: async (_, { api }) => (await api.listSessions()).data[0]?.id ?? "no session",
  oag: async ({ app }, organization) => (await somebodyLetIn(app, organization)).id,
  usr: async ({ app }, { organizationId }) => (await memberOf(app, organizationId, "member")).userId,
  inv: async (_, { api }) =>
    (await api.createInvitation({ body: { email: `${fresh("tom")}@orangecat.example`, role: "member" } })).id,
  whk: (world, { api }) => webhook(world, api),
  msg: async (world, { api }) => (await event(world, api)).event_id,
  dlv: async (world, { api }) => (await event(world, api)).id,
  top: async (_, { api }) => (await api.createTopUp({ body: { credits: 100 } })).id,
  upl: ready,
};

/** Operations that end, change or use up what others work with (mails to one address): each has an organization of its own. */
const APART = new Set([
  "requestEmailVerification",
  "requestPasswordReset",
  "login",
  "refreshSession",
  "logout",
  "changePassword",
  "createOrganization",
  "deleteAccount",
  "deleteOrganization",
  "reorderBrands",
]);
/** Those that an owner cannot do while nobody else owns the organization. */
const MEMBERS_OWN = ["leaveOrganization", "deleteAccount"];

/** What takes a worker to make, and what no sample ends. */
const SLOW = new Set(["spo", "msg", "dlv", "top"]);

/** Operations whose upload is still on its way. */
const PARTS: Readonly<Record<string, "announced" | "sent">> = {
  listUploadParts: "sent",
  putUploadPart: "announced",
  createUploadPartUrl: "announced",
  putSignedUploadPart: "announced",
  completeUpload: "sent",
};

const ID = /\b([a-z]{3})_01k4zn8w3v7q2m5t9r6x0h1c[0-9a-z]{2}\b/g;

/** A new organization in which everything that a sample names by id exists, and what to read instead of those ids. */
export async function givenFor(world: SampleWorld, id: string, sample: string): Promise<Given> {
  const isApart = APART.has(id) || MEMBERS_OWN.includes(id) || id === "endSession";
  const owner = isApart ? await freshOrganization(world.app) : world.shared;
  const member = MEMBERS_OWN.includes(id) ? await memberOf(world.app, owner.organizationId, "member") : undefined;
  const name = member?.name ?? "Test Owner";
  const instead: Record<string, string> = {
    rmr_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4: owner.refreshToken,
    "Nora%20Lindt": encodeURIComponent(name),
    '"Nora Lindt"': JSON.stringify(name),
    '"tom@orangecat.example"': `"${fresh("tom")}@orangecat.example"`,
    '"orange-cat-coffee"': `"${fresh("coffee")}"`,
    "Orange%20Cat%20Studio": "Test%20Studio",
    '"Orange Cat Studio"': '"Test Studio"',
    "nora@orangecat.example": id === "signUp" ? `${fresh("nora")}@orangecat.example` : owner.email,
    "https://feeds.example.com/coffee.xml": world.feeds.url("/feed.xml"),
    "https://cdn.example.com/coffee-12.mp4": world.feeds.url("/coffee.mp4"),
    "https://hooks.example.com/reelmark": world.feeds.url("/hook"),
  };
  for (const [whole, prefix] of sample.matchAll(ID)) {
    if (whole === undefined || prefix === undefined || whole in instead || prefix === "org") continue;
    const part = PARTS[id];
    const make = MAKERS[prefix];
    if (part !== undefined && prefix === "upl") instead[whole] = await upload(world, owner, part);
    else if (make && (SLOW.has(prefix) || /^(get|list)/.test(id))) {
      const kept = world.kept.get(prefix) ?? make(world, world.shared);
      world.kept.set(prefix, kept);
      instead[whole] = await kept;
    } else if (make) instead[whole] = await make(world, owner);
  }
  const upload_id = Object.values(instead).find((value) => value.startsWith("upl_")) ?? "";
  if (id === "downloadUpload") {
    Object.assign(instead, signature((await owner.api.createDownloadUrl({ params: { upload_id } })).url));
  }
  if (id === "putSignedUploadPart") {
    const params = { upload_id, part_number: "1" };
    Object.assign(instead, signature((await owner.api.createUploadPartUrl({ params })).url));
  }
  return { token: member?.token ?? owner.token, instead };
}

/** A signed address's own parameters, instead of those of the example. */
function signature(url: string): Record<string, string> {
  const { searchParams } = new URL(url);
  return {
    "1768469460": searchParams.get("expires") ?? "",
    "org_01k4zn8w3v7q2m5t9r6x0h1cxb.kZ3Qm2rV0yB1nTq8sUeW5xLd7fGhJcA9oPiRtYvMwXE": searchParams.get("signature") ?? "",
  };
}
