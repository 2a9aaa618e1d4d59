import type { Client } from "../../client/index.ts";
import { fixKey, KEYS, LOGINS, PASSWORD } from "./credentials.ts";
import type { Seeded, Seeding, Stage } from "./seeding.ts";
import { ALL_SCOPES, inviteAndJoin, studioStages } from "./studio.ts";
import type { World } from "./world.ts";

const DAY_MS = 86_400_000;
const SETTLE_MS = 15_000;

/** Data sets to begin with: a studio with three weeks of history, or nothing but the people and their keys. */
export const SEEDS = ["studio", "empty"] as const;
export type Seed = (typeof SEEDS)[number];

type Options = Pick<Seeding, "world" | "publicUrl" | "remember"> & { readonly signal: AbortSignal };

function seedingOf({ world, publicUrl, remember, signal }: Options): Seeding {
  return {
    world,
    publicUrl,
    remember,
    async as(who) {
      const { access_token } = await world.api().login({ body: { email: LOGINS[who].email, password: PASSWORD } });
      return world.api(access_token);
    },
    async settle() {
      signal.throwIfAborted();
      if (!(await world.settle(SETTLE_MS))) throw new Error("The jobs of the seed do not come to an end");
    },
    tokenFor(address) {
      const token = world.outbox.sent.mails.find((mail) => mail.to === address)?.action?.token;
      if (token === undefined) throw new Error(`No mail with a token came for ${address}`);
      return token;
    },
  };
}

async function found(world: World, who: "owner" | "other", organization: string): Promise<Client> {
  const { email, name } = LOGINS[who];
  const body = { email, name, password: PASSWORD, organization_name: organization };
  return world.api((await world.api().signUp({ body })).access_token);
}

/** The people, their organizations and their keys: what every seed has. */
async function people(seeding: Seeding): Promise<void> {
  const { world, settle, tokenFor } = seeding;
  const nora = await found(world, "owner", "Orange Cat Studio");
  const mara = await found(world, "other", "Harbour Light Films");
  await settle();
  for (const [client, who] of [
    [nora, "owner"],
    [mara, "other"],
  ] as const) {
    await client.verifyEmail({ body: { token: tokenFor(LOGINS[who].email) } });
    const { id } = await client.createApiKey({ body: { label: "Production", scopes: ALL_SCOPES } });
    await fixKey(world.database, id, who);
  }
  const reads = ALL_SCOPES.filter((scope) => scope.endsWith(":read"));
  const { id } = await nora.createApiKey({ body: { label: "Storefront", scopes: reads } });
  await fixKey(world.database, id, "reader");
  await inviteAndJoin(seeding, nora, "member");
  await inviteAndJoin(seeding, nora, "viewer");
}

/**
 * Fills a new world by its own API, with its clock put back and moved forward to the present, so that what is three weeks
 * old looks so everywhere. Throws when the API refuses any of it, and the reason of `signal`.
 */
export async function seed(world: World, which: Seed, publicUrl: string, signal: AbortSignal): Promise<Seeded> {
  let webhook: Seeded["webhook"] = null;
  const remember = (made: NonNullable<Seeded["webhook"]>) => {
    webhook = made;
  };
  const seeding = seedingOf({ world, publicUrl, signal, remember });
  const stages: readonly Stage[] = which === "studio" ? studioStages : [];
  let daysAgo = stages.length > 0 ? 24 : 0;
  await world.setAhead(-daysAgo * DAY_MS, 0);
  await people(seeding);
  for (const stage of stages) {
    await world.setAhead(-stage.daysAgo * DAY_MS, (daysAgo - stage.daysAgo) * DAY_MS);
    daysAgo = stage.daysAgo;
    await seeding.settle();
    await stage.run(seeding, world.api(KEYS.owner.key));
    await seeding.settle();
  }
  await world.setAhead(0, daysAgo * DAY_MS);
  await seeding.settle();
  return { webhook };
}
