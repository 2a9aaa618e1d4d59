import { ADDRESS, bearer, OWNER, PASSWORD, signUp, step, workflow } from "./steps.ts";

const logIn = (
  id: string,
  email: typeof ADDRESS | `Owner-${string}{$inputs.run}${string}`,
  password: string,
  status: 200 | 401,
) =>
  step(id, "login", {
    body: { email, password },
    expect: [status],
    ...(status === 200
      ? { outputs: { token: "$response.body#/access_token", refresh: "$response.body#/refresh_token" } }
      : {}),
  });

const whoAmI = (id: string, session: string, status: 200 | 401) =>
  step(id, "getProfile", { as: bearer(session), expect: [status] });

const refresh = (id: string, from: string, status: 200 | 401) =>
  step(id, "refreshSession", {
    body: { refresh_token: `{$steps.${from}.outputs.refresh}` },
    expect: [status],
    ...(status === 200
      ? { outputs: { token: "$response.body#/access_token", refresh: "$response.body#/refresh_token" } }
      : {}),
  });

export const loginInAnyCase = workflow({
  id: "an-address-logs-in-in-any-case",
  summary: "Upper and lower case of an address are the same to log in with, and to sign up with",
  steps: [
    signUp,
    logIn("log-in", "Owner-{$inputs.run}@REELMARK.example", PASSWORD, 200),
    whoAmI("see-oneself", "log-in", 200),
    step("sign-up-again", "signUp", {
      body: { email: "Owner-{$inputs.run}@reelmark.example", password: PASSWORD, name: "Somebody else" },
      expect: [409],
    }),
  ],
});

export const usedRefreshToken = workflow({
  id: "a-used-refresh-token-ends-the-session",
  summary: "A refresh token works once: sent again, it ends the whole session, because somebody else may hold it",
  steps: [
    signUp,
    refresh("refresh", "sign-up", 200),
    whoAmI("see-oneself", "refresh", 200),
    refresh("refresh-by-the-old-token", "sign-up", 401),
    whoAmI("the-session-has-ended", "refresh", 401),
    refresh("the-new-token-is-dead", "refresh", 401),
  ],
});

export const newPasswordEndsOthers = workflow({
  id: "a-new-password-ends-other-sessions",
  summary: "Changing the password ends every other session at once and leaves the one that asked; the old one is dead",
  steps: [
    signUp,
    logIn("log-in-elsewhere", ADDRESS, PASSWORD, 200),
    whoAmI("see-oneself-elsewhere", "log-in-elsewhere", 200),
    step("change-the-password", "changePassword", {
      as: OWNER,
      body: { current_password: PASSWORD, new_password: "another battery staple" },
      expect: [204],
    }),
    whoAmI("go-on-here", "sign-up", 200),
    whoAmI("ended-elsewhere", "log-in-elsewhere", 401),
    refresh("no-refresh-elsewhere", "log-in-elsewhere", 401),
    logIn("log-in-by-the-old-one", ADDRESS, PASSWORD, 401),
    logIn("log-in-by-the-new-one", ADDRESS, "another battery staple", 200),
  ],
});

export const loggedOut = workflow({
  id: "logging-out-ends-the-session-alone",
  summary: "Logging out ends the session's tokens at once, and no other session",
  steps: [
    signUp,
    logIn("log-in-elsewhere", ADDRESS, PASSWORD, 200),
    step("log-out", "logout", { as: bearer("log-in-elsewhere"), expect: [204] }),
    whoAmI("ended", "log-in-elsewhere", 401),
    refresh("no-refresh", "log-in-elsewhere", 401),
    whoAmI("go-on-here", "sign-up", 200),
  ],
});

export const endedFromElsewhere = workflow({
  id: "a-session-can-be-ended-from-another",
  summary: "A session that is ended from the list of sessions is refused from its next request on, and leaves the list",
  steps: [
    signUp,
    logIn("log-in-elsewhere", ADDRESS, PASSWORD, 200),
    step("see-both", "listSessions", {
      as: bearer("log-in-elsewhere"),
      query: { limit: 1 },
      expect: [200, "$response.body#/count == 2", "$response.body#/data/0/current == true"],
      outputs: { id: "$response.body#/data/0/id" },
    }),
    step("end-it", "endSession", {
      as: OWNER,
      params: { session_id: "$steps.see-both.outputs.id" },
      expect: [204],
    }),
    whoAmI("ended", "log-in-elsewhere", 401),
    step("see-one", "listSessions", { as: OWNER, expect: [200, "$response.body#/count == 1"] }),
  ],
});
