/** What a plan gives. One table: the pipeline enforces it, `GET /v1/plans` answers it, the docs show it. */
export const PLANS = {
  free: {
    name: "Free",
    api_access: false,
    requests_per_minute: { key: 0, session: 60 },
    seats: 2,
    storage_bytes: 1_000_000_000,
    file_bytes: 100_000_000,
    monthly_credits: 0,
  },
  pro: {
    name: "Pro",
    api_access: true,
    requests_per_minute: { key: 60, session: 120 },
    seats: 10,
    storage_bytes: 100_000_000_000,
    file_bytes: 5_000_000_000,
    monthly_credits: 1_000,
  },
  scale: {
    name: "Scale",
    api_access: true,
    // null: what the operator configures (RATE_LIMIT_KEY, RATE_LIMIT_SESSION), and no bound on the rest.
    requests_per_minute: { key: null, session: null },
    seats: null,
    storage_bytes: null,
    file_bytes: null,
    monthly_credits: null,
  },
} as const satisfies Record<string, PlanTerms>;

type PlanTerms = {
  readonly name: string;
  readonly api_access: boolean;
  readonly requests_per_minute: { readonly key: number | null; readonly session: number | null };
  readonly seats: number | null;
  readonly storage_bytes: number | null;
  readonly file_bytes: number | null;
  readonly monthly_credits: number | null;
};

export type PlanId = keyof typeof PLANS;
export const PLAN_IDS = ["free", "pro", "scale"] as const satisfies readonly PlanId[];

/** The terms of a plan, with the bounds widened: null is no bound. */
export const planTerms = (id: PlanId): PlanTerms => PLANS[id];
