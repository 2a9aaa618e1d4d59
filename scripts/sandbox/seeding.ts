import type { Client } from "../../client/index.ts";
import type { LOGINS } from "./credentials.ts";
import type { World } from "./world.ts";

/** What only the seed knows: secrets that are shown once. */
export type Seeded = { readonly webhook: { readonly url: string; readonly secret: string } | null };

/** What stages of the seed work with. */
export type Seeding = {
  readonly world: World;
  readonly publicUrl: string;
  /** A client with a fresh session of a user. */
  as(who: keyof typeof LOGINS): Promise<Client>;
  settle(): Promise<void>;
  /** Keeps what is shown once. */
  remember(webhook: NonNullable<Seeded["webhook"]>): void;
  /** The token of the latest mail to an address. */
  tokenFor(address: string): string;
};

/** What happened on one day of a seed. `api` acts with the owner's key. */
export type Stage = {
  readonly daysAgo: number;
  run(seeding: Seeding, api: Client): Promise<void>;
};
