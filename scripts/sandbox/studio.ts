import type { Client } from "../../client/index.ts";
import { SCOPES, type Scope } from "../../spec/vocabulary.ts";
import { KEYS, LOGINS, PASSWORD } from "./credentials.ts";
import { picture } from "./media.ts";
import type { Seeding, Stage } from "./seeding.ts";

export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];

/** Has somebody invited to the studio, who takes it up with the token of the mail. */
export async function inviteAndJoin(seeding: Seeding, owner: Client, who: "member" | "viewer"): Promise<void> {
  const { email, name } = LOGINS[who];
  await owner.createInvitation({ body: { email, role: who } });
  await seeding.settle();
  const invitation_token = seeding.tokenFor(email);
  await seeding.world.api().signUp({ body: { email, name, password: PASSWORD, invitation_token } });
}

async function upload({ world, publicUrl }: Seeding, name: string): Promise<void> {
  const body = new FormData();
  body.set("file", new File([new Uint8Array(picture(name))], name, { type: "image/png" }));
  const headers = { authorization: `Bearer ${KEYS.owner.key}` };
  const answer = await world.call(new Request(`${publicUrl}/api/v1/uploads`, { method: "POST", headers, body }));
  if (answer.status !== 201) throw new Error(`The file ${name} was not taken: ${await answer.text()}`);
}

/** Three weeks of a small studio, oldest first. */
export const studioStages: readonly Stage[] = [
  {
    daysAgo: 23,
    async run(seeding, api) {
      const brand = await api.createBrand({
        body: {
          name: "Orange Cat Coffee",
          slug: "orange-cat-coffee",
          description: "A small roastery with a large orange cat",
          timezone: "Europe/Zurich",
        },
      });
      const bar = await api.createPersona({
        body: {
          brand_id: brand.id,
          name: "Nora behind the bar",
          bio: "Talks to regulars, and to the camera",
          voice: "Warm and dry, in short sentences",
        },
      });
      await api.createPersona({
        body: {
          brand_id: brand.id,
          name: "Crema Lab",
          bio: "Measures everything twice",
          voice: "Curious and exact",
        },
      });
      const { url, secret } = await api.createWebhook({
        body: { url: "https://hooks.orangecat.example/reelmark", description: "The studio's own site" },
      });
      await api.createSource({
        body: {
          persona_id: bar.id,
          url: "https://feeds.crema-weekly.example/rss.xml",
          name: "Crema Weekly",
          sync_times: ["06:30", "18:00"],
        },
      });
      await api.syncPersona({ params: { persona_id: bar.id }, body: {} });
      seeding.remember({ url, secret });
    },
  },
  {
    daysAgo: 17,
    async run(seeding, api) {
      for (const name of ["counter-at-six.png", "crema-close-up.png", "queue-on-saturday.png"]) {
        await upload(seeding, name);
      }
      await api.importUpload({ body: { url: "https://cdn.orangecat.example/first-pour.mp4" } });
      const old = await api.createApiKey({ body: { label: "Old newsletter", scopes: ["sources:read"] } });
      await api.revokeApiKey({ params: { api_key_id: old.id } });
    },
  },
  {
    daysAgo: 11,
    async run({ world }, api) {
      const brand = await api.createBrand({
        body: {
          name: "Night Shift Bakery",
          slug: "night-shift-bakery",
          description: "Bread that is ready when the city wakes",
          timezone: "America/New_York",
        },
      });
      const baker = await api.createPersona({
        body: {
          brand_id: brand.id,
          name: "Theo at the oven",
          bio: "Up since two",
          voice: "Quiet, then suddenly funny",
        },
      });
      for (const [name, url] of [
        ["Flour Power", "https://flour-power.example/atom.xml"],
        ["Street Ovens", "https://street-ovens.example/feed.json"],
      ] as const) {
        await api.createSource({ body: { persona_id: baker.id, url, name } });
      }
      await api.syncPersona({ params: { persona_id: baker.id }, body: {} });
      const { checkout_url } = await api.createTopUp({ body: { credits: 500 } });
      await world.payments.act(checkout_url?.split("/").at(-1) ?? "", "pay");
      await api.setAutoReload({ body: { enabled: true, threshold: 100, credits: 500 } });
    },
  },
  {
    daysAgo: 4,
    async run(_seeding, api) {
      const { data } = await api.listPersonas({});
      const lab = data.find(({ name }) => name === "Crema Lab");
      if (!lab) throw new Error("Crema Lab is not there");
      await api.createSource({
        body: { persona_id: lab.id, url: "https://extraction-notes.example/status/503", name: "Extraction Notes" },
      });
      await api.syncPersona({ params: { persona_id: lab.id }, body: {} });
      await api.createWebhook({
        body: {
          url: "https://agency.example/status/500",
          description: "An agency whose receiver is down",
          events: ["sync.completed", "sync.failed"],
        },
      });
    },
  },
  {
    daysAgo: 1,
    async run(seeding, api) {
      const { data: personas } = await api.listPersonas({});
      for (const { id } of personas) await api.syncPersona({ params: { persona_id: id }, body: {} });
      const nora = await seeding.as("owner");
      await nora.createInvitation({ body: { email: "sam@orangecat.example", role: "member" } });
      await seeding.as("member");
      const mara = seeding.world.api(KEYS.other.key);
      const brand = await mara.createBrand({
        body: { name: "Harbour Light", slug: "harbour-light", timezone: "Europe/Oslo" },
      });
      await mara.createPersona({ body: { brand_id: brand.id, name: "The Keeper" } });
    },
  },
];
