import type { PlanId } from "../../spec/plans.ts";
import type { Role } from "../../spec/roles.ts";
import { statement } from "../kit/postgres/db.ts";

/** An issuer as its operator wrote it. `revision` changes whenever the row does. */
export type IssuerRow = {
  id: string;
  revision: string;
  issuer: string;
  jwks_url: string | null;
  secret_sealed: string | null;
  algorithms: string[];
  audience: string;
  clock_tolerance_seconds: number;
  subject_claim: string;
  email_claim: string;
  name_claim: string;
};

export const LIST = statement("issuers.list", "select * from list_issuers()");

type Tenant = { user_id: string; org_id: string | null; role: Role | null; plan: PlanId | null };
/** Whom a token stands for; or that it was logged out, or checked by a row that is not the issuer's any more. */
export type Found =
  | ({ state: "good" | "no_organization" | "other_organization" | "ambiguous" } & Tenant)
  | { state: "denied" | "stale"; user_id: null };

export const AUTHENTICATE = statement(
  "issuers.authenticate",
  "select * from authenticate_external($1, $2, $3, $4::text[], $5, $6, $7)",
);

export const DENY = statement(
  "issuers.deny",
  `insert into denied_tokens as d (issuer_id, token_id, expires_at)
   select $1, token_id, to_timestamp($3 / 1000.0) from unnest($2::text[]) as t(token_id)
   on conflict (issuer_id, token_id) do update set expires_at = greatest(d.expires_at, excluded.expires_at)`,
);
