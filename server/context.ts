import type { contract } from "../spec/index.ts";
import type { Role } from "../spec/roles.ts";
import type { Principal } from "./kit/backend.ts";
import { handlersFor } from "./kit/handlers.ts";
import type { Db } from "./kit/postgres/db.ts";
import type { Context } from "./kit/runtime.ts";

/** Who is asking, as Reelmark knows it: a key, a session or a client's token, its user, and the user's role in the organization. */
export interface ReelmarkPrincipal extends Principal {
  /** `signed` is a URL that this server made, `provider` a payment service. */
  readonly kind: "api_key" | "session" | "oauth" | "anonymous" | "signed" | "provider";
  readonly userId: string;
  readonly role: Role | null;
  /** When the credential ends, RFC 3339; null for never. */
  readonly endsAt: string | null;
  /** Set for a token of another issuer: by which names it is logged out, and until when, in Unix milliseconds. */
  readonly external?: { readonly issuerId: string; readonly tokenIds: readonly string[]; readonly endsAtMs: number };
}

export type Ctx = Context<Db, ReelmarkPrincipal>;

/** `handlers({ … })` for one resource: each function is held to its operation of the contract. */
export const handlers = handlersFor<typeof contract, Ctx>();
