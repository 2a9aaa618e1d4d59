import { ADDRESS, bearer, newKey, OWNER, PASSWORD, signUp, step, use, workflow } from "./steps.ts";

const NEW_PASSWORD = "another battery staple";

const logIn = (id: string, email: "$inputs.owner_email" | typeof ADDRESS, password: string, status: 200 | 401 | 429) =>
  step(id, "login", { body: { email, password }, expect: [status] });

const profileOf = (id: string, as: "$inputs.owner" | typeof OWNER, ...expect: readonly (number | string)[]) =>
  step(id, "getProfile", { as, expect: [expect[0] ?? 200, ...expect.slice(1)] });

export const passwordReset = workflow({
  id: "a-reset-password-ends-every-session",
  summary: "The token of a reset mail sets a new password once and for nothing else; every session of the user ends",
  steps: [
    profileOf("see-oneself", "$inputs.owner", 200),
    step("verify-by-it", "verifyEmail", { body: { token: "$inputs.reset_token" }, expect: [401] }),
    step("reset", "resetPassword", { body: { token: "$inputs.reset_token", password: NEW_PASSWORD }, expect: [204] }),
    profileOf("the-session-has-ended", "$inputs.owner", 401),
    step("reset-again", "resetPassword", {
      body: { token: "$inputs.reset_token", password: PASSWORD },
      expect: [401],
    }),
    logIn("log-in-by-the-old-one", "$inputs.owner_email", PASSWORD, 401),
    logIn("log-in-by-the-new-one", "$inputs.owner_email", NEW_PASSWORD, 200),
  ],
});

export const verifiedAddress = workflow({
  id: "an-address-is-verified-once",
  summary: "The token of a verification mail shows an address to be its user's, once, and sets no password",
  steps: [
    profileOf("see-it-unverified", "$inputs.owner", 200, "$response.body#/user/email_verified == false"),
    step("reset-by-it", "resetPassword", {
      body: { token: "$inputs.verify_token", password: NEW_PASSWORD },
      expect: [401],
    }),
    step("verify", "verifyEmail", { body: { token: "$inputs.verify_token" }, expect: [204] }),
    profileOf("see-it-verified", "$inputs.owner", 200, "$response.body#/user/email_verified == true"),
    step("verify-again", "verifyEmail", { body: { token: "$inputs.verify_token" }, expect: [401] }),
    step("ask-for-a-mail", "requestEmailVerification", { as: "$inputs.owner", expect: [204] }),
    profileOf("see-it-still-verified", "$inputs.owner", 200, "$response.body#/user/email_verified == true"),
  ],
});

const wrongPassword = (id: string) =>
  step(id, "changePassword", {
    as: OWNER,
    body: { current_password: "not the battery staple", new_password: NEW_PASSWORD },
    expect: [403],
  });

const wrongLogIn = (id: string) => logIn(id, ADDRESS, "not the battery staple", 401);

export const failedLogIns = workflow({
  id: "an-account-waits-after-ten-failures",
  summary: "Ten wrong passwords are told so, at a log-in or at a change of password; then the right one waits too",
  steps: [
    signUp,
    wrongPassword("change-it-wrongly"),
    wrongPassword("change-it-wrongly-again"),
    ...["one", "two", "three", "four", "five", "six", "seven", "eight"].map((n) => wrongLogIn(`log-in-wrongly-${n}`)),
    logIn("log-in-rightly", ADDRESS, PASSWORD, 429),
    profileOf("go-on-by-session", OWNER, 200),
  ],
});

export const sessionLife = workflow({
  id: "a-refreshed-session-is-the-same-one",
  summary: "A session is of 15 minutes, and of the new organization's owner; refreshing makes no second one",
  steps: [
    step("sign-up-by-name", "signUp", {
      body: { email: ADDRESS, password: PASSWORD, name: "Nora {$inputs.run}" },
      expect: [
        201,
        "$response.body#/expires_in == 900",
        "$response.body#/refresh_expires_at > $response.body#/user/created_at",
        { context: "$response.body#/user/email", matches: "^owner-[a-z0-9]+@reelmark\\.example$" },
        "$response.body#/user/email_verified == false",
        "$response.body#/organization/name == $response.body#/user/name",
        "$response.body#/organization/role == 'owner'",
      ],
      outputs: {
        token: "$response.body#/access_token",
        refresh: "$response.body#/refresh_token",
        user: "$response.body#/user",
        organization: "$response.body#/organization",
      },
    }),
    step("see-the-session", "listSessions", {
      as: bearer("sign-up-by-name"),
      expect: [200, "$response.body#/count == 1", "$response.body#/data/0/current == true"],
      outputs: { id: "$response.body#/data/0/id", created_at: "$response.body#/data/0/created_at" },
    }),
    step("refresh-it", "refreshSession", {
      body: { refresh_token: "$steps.sign-up-by-name.outputs.refresh" },
      expect: [
        200,
        "$response.body#/expires_in == 900",
        "$response.body#/user == $steps.sign-up-by-name.outputs.user",
        "$response.body#/organization == $steps.sign-up-by-name.outputs.organization",
      ],
      outputs: { token: "$response.body#/access_token" },
    }),
    step("see-the-same", "listSessions", {
      as: bearer("refresh-it"),
      expect: [
        200,
        "$response.body#/count == 1",
        "$response.body#/data/0/id == $steps.see-the-session.outputs.id",
        "$response.body#/data/0/created_at == $steps.see-the-session.outputs.created_at",
      ],
    }),
    step("who-am-i", "getProfile", {
      as: bearer("refresh-it"),
      expect: [
        200,
        "$response.body#/credential/kind == 'session'",
        "$response.body#/credential/id == $steps.see-the-session.outputs.id",
      ],
    }),
    step("log-in-again", "login", {
      body: { email: ADDRESS, password: PASSWORD },
      expect: [200],
      outputs: { token: "$response.body#/access_token" },
    }),
    step("see-the-newest-first", "listSessions", {
      as: bearer("refresh-it"),
      expect: [
        200,
        "$response.body#/count == 2",
        "$response.body#/data/0/current == false",
        "$response.body#/data/1/current == true",
        "$response.body#/data/0/created_at >= $response.body#/data/1/created_at",
      ],
    }),
  ],
});

export const endedAccount = workflow({
  id: "an-ended-account-is-gone",
  summary: "Whoever is no last owner may end their account, by their exact name: sessions, keys and membership end",
  steps: [
    step("what-is-their-name", "getProfile", {
      as: "$inputs.member",
      expect: [200],
      outputs: { name: "$response.body#/user/name" },
    }),
    newKey("create-key", ["brands:read"], "$inputs.member"),
    step("end-it-by-another-name", "deleteAccount", {
      as: "$inputs.member",
      query: { confirm: "{$steps.what-is-their-name.outputs.name}." },
      expect: [400],
    }),
    use("use-the-key", "create-key", 200),
    step("end-it", "deleteAccount", {
      as: "$inputs.member",
      query: { confirm: "$steps.what-is-their-name.outputs.name" },
      expect: [204],
    }),
    step("the-session-has-ended", "listSessions", { as: "$inputs.member", expect: [401] }),
    use("use-the-key-again", "create-key", 401),
    step("see-the-owner-alone", "listMembers", { as: "$inputs.owner", expect: [200, "$response.body#/count == 1"] }),
    step("count-one-seat", "getUsage", {
      as: "$inputs.owner",
      expect: [200, "$response.body#/seats/used == 1", "$response.body#/api_keys == 0"],
    }),
  ],
});
