import type { Payments } from "./billing/payments.ts";
import type { Queue } from "./jobs/queue.ts";
import type { SealingKeys } from "./kit/seal.ts";
import type { Cidr } from "./outbound/addresses.ts";
import type { Outbound } from "./outbound/service.ts";
import type { Storage } from "./storage/service.ts";
import type { FeedReader } from "./sync/feed/feed.ts";
import type { SignedUrls } from "./uploads/signed-urls.ts";
import type { Events } from "./webhooks/service.ts";

/** What resources that reach beyond the database work with. */
export type WorkServices = {
  readonly queue: Queue;
  readonly events: Events;
  readonly payments: Payments;
  readonly outbound: Outbound;
  readonly feeds: FeedReader;
  /** Ranges that tenants' addresses may lie in though they are not public: OUTBOUND_ALLOW. */
  readonly allow: readonly Cidr[];
  readonly storage: Storage;
  readonly sealing: SealingKeys;
  /** Addresses of this server that need no credential. */
  readonly signedUrls: SignedUrls;
  /** The URL that clients use, without the API's base path. */
  readonly publicUrl: string;
};
