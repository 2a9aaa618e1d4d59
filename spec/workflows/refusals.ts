import { bearer, brand, newKey, OWNER, signUp, step, takePlan, workflow } from "./steps.ts";

/** Ids that are well made, and nobody's. */
const UNKNOWN_BRAND = "brd_01k4zn8w3v7q2m5t9r6x0h1c5a";
const UNKNOWN_SOURCE = "src_01k4zn8w3v7q2m5t9r6x0h1c5a";

const rename = (id: string, as: `Bearer ${string}` | undefined, name: string, ...expect: (number | string)[]) =>
  step(id, "updateBrand", {
    ...(as === undefined ? {} : { as: as as typeof OWNER }),
    params: { brand_id: UNKNOWN_BRAND },
    body: { name },
    expect: [expect[0] ?? 400, ...expect.slice(1)],
  });

const NO_NAME = "";
const CODE = "$response.body#/error/code";

const once = (
  id: string,
  brandId: typeof UNKNOWN_BRAND | "$steps.first.outputs.id",
  name: string,
  ...expect: (number | string)[]
) =>
  step(id, "createPersona", {
    as: OWNER,
    headers: { "Idempotency-Key": "once" },
    body: { brand_id: brandId, name },
    expect: [expect[0] ?? 201, ...expect.slice(1)],
  });

export const orderOfRefusals = workflow({
  id: "refusals-come-in-their-order",
  summary:
    "A request that is wrong in several ways is told the first: credential, rights, content, key, credits, resource",
  steps: [
    signUp,
    newKey("reader", ["brands:read"]),
    rename("nobody", undefined, NO_NAME, 401, `${CODE} == 'UNAUTHORIZED'`),
    rename("without-the-scope", bearer("reader"), NO_NAME, 403, `${CODE} == 'FORBIDDEN'`),
    rename("with-bad-content", OWNER, NO_NAME, 400, `${CODE} == 'VALIDATION_ERROR'`),
    rename("for-an-unknown-brand", OWNER, "First", 404, `${CODE} == 'NOT_FOUND'`),
    brand("first"),
    once("use-a-key", "$steps.first.outputs.id", "Studio Nora", 201),
    once("use-it-with-bad-content", "$steps.first.outputs.id", "", 400),
    once("use-it-for-an-unknown-brand", UNKNOWN_BRAND, "Studio Nora", 409, `${CODE} == 'IDEMPOTENCY_MISMATCH'`),
    takePlan("free"),
    rename("by-a-plan-without-keys", bearer("reader"), NO_NAME, 403, `${CODE} == 'PLAN_LIMIT'`),
    step("without-credits", "syncSource", {
      as: OWNER,
      params: { source_id: UNKNOWN_SOURCE },
      body: {},
      expect: [402, `${CODE} == 'INSUFFICIENT_BALANCE'`],
    }),
  ],
});
