import { bearer, newKey, OWNER, signUp, step, takePlan, workflow } from "./steps.ts";

export const limitsOfPlan = workflow({
  id: "rate-limits-are-those-of-the-plan",
  summary: "Keys and sessions are held to the requests a minute that the plan states for each",
  steps: [
    signUp,
    takePlan("pro"),
    step("see-the-plan", "getUsage", {
      as: OWNER,
      expect: [200],
      outputs: {
        key: "$response.body#/plan/requests_per_minute/key",
        session: "$response.body#/plan/requests_per_minute/session",
      },
    }),
    step("as-a-session", "listSessions", {
      as: OWNER,
      expect: [200, "$response.header.X-RateLimit-Limit == $steps.see-the-plan.outputs.session"],
    }),
    newKey("create-key", ["brands:read"]),
    step("as-a-key", "listBrands", {
      as: bearer("create-key"),
      expect: [200, "$response.header.X-RateLimit-Limit == $steps.see-the-plan.outputs.key"],
    }),
  ],
});

export const noKeysOnFree = workflow({
  id: "keys-wait-while-the-plan-has-none",
  summary: "On a plan without API access keys are refused as such, and sessions go on",
  steps: [
    signUp,
    newKey("create-key", ["organization:read"]),
    step("use-it", "getUsage", { as: bearer("create-key"), expect: [200] }),
    takePlan("free"),
    step("use-it-again", "getUsage", {
      as: bearer("create-key"),
      expect: [403, "$response.body#/error/code == 'PLAN_LIMIT'"],
    }),
    step("go-on-by-session", "getUsage", { as: OWNER, expect: [200, "$response.body#/plan/id == 'free'"] }),
  ],
});
