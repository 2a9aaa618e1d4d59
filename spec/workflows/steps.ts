import { contract } from "../index.ts";
import { workflowsOf } from "../kit/workflow.ts";
import type { Scope } from "../vocabulary.ts";

/** Steps and workflows of Reelmark's operations. People of one organization come as values of `Authorization`. */
export const { step, workflow } = workflowsOf(contract, {
  run: "A word that no run before has used: addresses and names are made of it",
  owner: "The `Authorization` of an organization's only owner, who is in no other",
  admin: "The `Authorization` of an admin of the same organization, who is in no other",
  member: "The `Authorization` of a member of the same organization, who is in no other",
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
