import { contract } from "../index.ts";
import { workflowsOf } from "../kit/workflow.ts";
import type { Scope } from "../vocabulary.ts";

/** Steps and workflows of Reelmark's operations. People of one organization come as values of `Authorization`. */
export const { step, workflow } = workflowsOf(contract, {
  run: "A word that no run before has used: addresses and names are made of it",
  owner: "The `Authorization` of an organization's only owner, who is in no other",
  admin: "The `Authorization` of an admin of the same organization, who is in no other",
  member: "The `Authorization` of a member of the same organization, who is in no other",
  owner_email:
    "The address of that owner, who logs in with the password of these workflows and has verified nothing yet",
  verify_token: "The token of a verification mail to that owner",
  reset_token: "The token of a mail with which that owner may reset their password",
  guest: "The `Authorization` of the only owner of another organization, whose address is verified",
  guest_email: "The address of that guest",
  invitation: "The token of an open invitation of the guest to the first organization, as a viewer",
  newcomer_email: "An address that has no account",
  newcomer_invitation: "The token of an open invitation of that address to the first organization, as a member",
  feeds:
    "An address that the server may fetch from, and whose work it does: below it are `/coffee.xml`, a feed called " +
    "`Coffee, explained` of three posts, newest first (`c-1` with a video, `c-2`, `c-3`); `/coffee.txt`, 19 bytes of " +
    "text; `/news-….xml`, a feed of the post `n-1`, which has changed from the second time on, when `n-2` is there " +
    "too; `/late-….xml`, which is not there the first time, and then a feed of one post with that text as its file; and " +
    "nothing else",
  still:
    "The beginning of addresses whose syncs stay pending while they are looked at: on a server whose workers rest, any",
});

export const PASSWORD = "correct horse battery staple";
export const ADDRESS = "owner-{$inputs.run}@reelmark.example";

/** Somebody new with an organization of their own, whose session `OWNER` is. */
export const signUp = step("sign-up", "signUp", {
  body: { email: ADDRESS, password: PASSWORD, name: "Nora Lindt", organization_name: "Studio {$inputs.run}" },
  expect: [201],
  outputs: {
    token: "$response.body#/access_token",
    refresh: "$response.body#/refresh_token",
    user: "$response.body#/user/id",
  },
});

/** The credential that an earlier step gave as its output `token`. */
export const bearer = (step: string) => `Bearer {$steps.${step}.outputs.token}` as const;

export const OWNER = bearer("sign-up");

/** A new API key with these scopes, made by `as`. */
export const newKey = (
  id: string,
  scopes: readonly Scope[],
  as: typeof OWNER | "$inputs.member" = OWNER,
  expires?: string,
) =>
  step(id, "createApiKey", {
    as,
    body: { label: `Key of ${id}`, scopes: [...scopes], ...(expires === undefined ? {} : { expires_at: expires }) },
    expect: [201],
    outputs: { id: "$response.body#/id", token: "$response.body#/key" },
  });

/** The key that an earlier step made is used, and taken or refused. */
export const use = (id: string, key: string, status: 200 | 401) =>
  step(id, "listBrands", {
    as: bearer(key),
    expect: status === 200 ? [200] : [401, "$response.body#/error/code == 'INVALID_API_KEY'"],
  });

/** A time that no run of these workflows sees. */
export const FAR = "2090-01-01T00:00:00.000Z";

/** A new brand, named and called after its step. */
export const brand = (id: string) =>
  step(id, "createBrand", {
    as: OWNER,
    body: { name: `Brand ${id}`, slug: id },
    expect: [201],
    outputs: { id: "$response.body#/id", position: "$response.body#/position" },
  });

/** A new persona of the brand that the step `first` made. */
export const persona = (id: string, name: string, status: 201 | 409) =>
  step(id, "createPersona", {
    as: OWNER,
    body: { brand_id: "$steps.first.outputs.id", name },
    expect: [status],
    ...(status === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

/** How many of something the organization has, as its use of the plan tells. */
export const counted = (id: string, of: "brands" | "personas" | "sources" | "api_keys", count: number) =>
  step(id, "getUsage", { as: OWNER, expect: [200, `$response.body#/${of} == ${count}`] });

/** A list whole, as a filter leaves it: just what these steps made, in this order. */
export const listing =
  (operation: "listPersonas" | "listSyncJobs" | "listUploads") =>
  (id: string, query: Readonly<Record<string, string>>, ...of: readonly string[]) =>
    step(id, operation, {
      as: OWNER,
      query,
      expect: [
        200,
        `$response.body#/count == ${of.length}`,
        ...of.map((one, at) => `$response.body#/data/${at}/id == $steps.${one}.outputs.id`),
      ],
    });

/** The organization takes another plan. */
export const takePlan = (plan: "free" | "pro") =>
  step(`take-the-${plan}-plan`, "changeBillingPlan", {
    as: OWNER,
    body: { plan },
    expect: [200, `$response.body#/plan/id == '${plan}'`, "$response.body#/pending_plan == null"],
  });

/** Looks at the credits. */
export const balance = (id: string, ...more: string[]) =>
  step(id, "getBalance", {
    as: OWNER,
    expect: [200, ...more],
    outputs: { available: "$response.body#/available" },
  });
