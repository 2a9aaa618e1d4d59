import { Balance, BillingPlan, CreditTransaction, changeBillingPlan, createTopUp, TopUp } from "../billing.ts";
import { exampleId, type Output } from "../kit/schema.ts";
import { answered, told } from "../kit/story.ts";
import { PLAN_IDS, type PlanId, planTerms } from "../plans.ts";
import { Plan, PlanList, Usage } from "../usage.ts";
import { CHANNEL_HOLD, made, ROASTERY_HOLD } from "./ids.ts";

const NOW = "2026-01-15T09:30:00.000Z";
const planOf = (id: PlanId) => ({ id, ...planTerms(id) }) satisfies Output<typeof Plan>;
const pro = planOf("pro");

const bought = {
  id: exampleId("top"),
  credits: 1000,
  amount: 1000,
  currency: "usd",
  provider: "stripe",
  automatic: false,
  status: "paid",
  checkout_url: null,
  instructions: null,
  error: null,
  created_at: "2026-01-12T14:01:09.515Z",
  paid_at: "2026-01-12T14:03:22.806Z",
} satisfies Output<typeof TopUp>;

const movement = { operation: null, hold_id: null, topup_id: null, note: null } as const;

export const MONEY = [
  told(Plan, pro),
  told(PlanList, { data: PLAN_IDS.map(planOf) }),
  told(Usage, {
    plan: pro,
    seats: { used: 4, limit: pro.seats },
    api_keys: 2,
    brands: 3,
    personas: 3,
    sources: 4,
    storage_bytes: { used: 52_676_916, limit: pro.storage_bytes },
    as_of: NOW,
  }),
  told(Balance, {
    available: 2047,
    held: 2,
    spent_this_month: 1,
    monthly_credits: 1000,
    low: false,
    low_threshold: 100,
    as_of: NOW,
  }),
  told(
    CreditTransaction,
    {
      ...movement,
      id: exampleId("txn"),
      kind: "capture",
      amount: 0,
      available_after: 2047,
      held_after: 2,
      operation: "syncSource",
      hold_id: CHANNEL_HOLD,
      created_at: "2026-01-15T09:28:04.310Z",
    },
    {
      ...movement,
      id: made("txn", "2026-01-15T09:28:00.052Z"),
      kind: "hold",
      amount: -1,
      available_after: 2047,
      held_after: 3,
      operation: "syncSource",
      hold_id: CHANNEL_HOLD,
      created_at: "2026-01-15T09:28:00.052Z",
    },
    {
      ...movement,
      id: made("txn", "2026-01-15T09:27:30.118Z"),
      kind: "hold",
      amount: -2,
      available_after: 2048,
      held_after: 2,
      operation: "syncPersona",
      hold_id: ROASTERY_HOLD,
      created_at: "2026-01-15T09:27:30.118Z",
    },
    {
      ...movement,
      id: made("txn", "2026-01-12T14:03:22.806Z"),
      kind: "topup",
      amount: 1000,
      available_after: 2050,
      held_after: 0,
      topup_id: bought.id,
      created_at: "2026-01-12T14:03:22.806Z",
    },
    {
      ...movement,
      id: made("txn", "2026-01-02T10:15:40.090Z"),
      kind: "grant",
      amount: 50,
      available_after: 1050,
      held_after: 0,
      note: "Welcome credits",
      created_at: "2026-01-02T10:15:40.090Z",
    },
    {
      ...movement,
      id: made("txn", "2026-01-01T00:00:04.217Z"),
      kind: "monthly",
      amount: 1000,
      available_after: 1000,
      held_after: 0,
      created_at: "2026-01-01T00:00:04.217Z",
    },
  ),
  told(TopUp, bought, {
    ...bought,
    id: made("top", "2026-01-12T13:58:31.672Z"),
    status: "failed",
    error: "The card was declined",
    created_at: "2026-01-12T13:58:31.672Z",
    paid_at: null,
  }),
  told(BillingPlan, {
    plan: pro,
    provider: "stripe",
    pending_plan: null,
    checkout_url: null,
    renews_at: "2026-02-01T00:00:00.000Z",
  }),
];

export const MONEY_ANSWERS = [
  answered(createTopUp, 201, {
    ...bought,
    status: "pending",
    checkout_url: "https://checkout.example.com/c/pay/cs_test_a1",
    created_at: NOW,
    paid_at: null,
  }),
  answered(changeBillingPlan, 200, {
    plan: pro,
    provider: "stripe",
    pending_plan: "scale",
    checkout_url: "https://checkout.example.com/c/pay/cs_test_b2",
    renews_at: "2026-02-01T00:00:00.000Z",
  }),
];
