import { email, password } from "./auth.ts";
import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { id, input, query, ruled, schema, secret, timestamp, z } from "./kit/schema.ts";
import { operation } from "./vocabulary.ts";

const mailToken = secret(
  z
    .string()
    .regex(/^rmm_[A-Za-z0-9_-]{43}$/, "must be the token of a mail")
    .describe("The token from the mail; it works once")
    .meta({ example: "rmm_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4" }),
);

const present = secret(
  z.string().min(1).max(256).describe("Your present password").meta({ example: "correct horse battery staple" }),
);

export const VerifyEmailInput = input("VerifyEmailInput", "Proof that an address is yours", { token: mailToken });
export const PasswordResetRequest = input("PasswordResetRequest", "Whose password was forgotten", { email });
export const PasswordResetInput = input("PasswordResetInput", "A new password for a forgotten one", {
  token: mailToken,
  password,
});
export const PasswordChange = input("PasswordChange", "A new password for a known one", {
  current_password: present,
  new_password: password,
});

export const UserSession = schema("UserSession", "A session of yours", {
  id: id("ses"),
  current: z.boolean().describe("Whether it is the session of this request"),
  created_at: timestamp("When you logged in"),
  expires_at: timestamp("When it ends, unless it is refreshed"),
});

export const requestEmailVerification = operation({
  id: "requestEmailVerification",
  method: "post",
  path: "/v1/auth/verify-email/request",
  tag: "Account",
  summary: "Ask for a verification mail",
  description: "Sends a mail with a token to your address. Nothing happens when it is verified already.",
  auth: "session",
  idempotent: "natural",
  limits: { perMinute: 3 },
  responses: { 204: none("The mail is on its way") },
});

export const verifyEmail = operation({
  id: "verifyEmail",
  method: "post",
  path: "/v1/auth/verify-email",
  tag: "Account",
  summary: "Verify an e-mail address",
  description: "With the token of a verification mail, within 24 hours.",
  auth: "public",
  limits: { perMinute: 20, failClosed: true },
  body: VerifyEmailInput,
  responses: { 204: none("The address is verified") },
  errors: ["UNAUTHORIZED"],
});

export const requestPasswordReset = operation({
  id: "requestPasswordReset",
  method: "post",
  path: "/v1/auth/password-reset/request",
  tag: "Account",
  summary: "Ask for a password reset",
  description: "Sends a mail with a token, when the address has an account. The answer is the same when it has none.",
  auth: "public",
  limits: { perMinute: 10, failClosed: true },
  body: PasswordResetRequest,
  responses: { 204: none("If the address has an account, a mail is on its way") },
});

export const resetPassword = operation({
  id: "resetPassword",
  method: "post",
  path: "/v1/auth/password-reset",
  tag: "Account",
  summary: "Reset a password",
  description: "With the token of a reset mail, within an hour. Ends every session of the user.",
  auth: "public",
  limits: { perMinute: 10, failClosed: true },
  body: PasswordResetInput,
  responses: { 204: none("The password is changed; log in with it") },
  errors: ["UNAUTHORIZED"],
});

export const changePassword = operation({
  id: "changePassword",
  method: "post",
  path: "/v1/auth/password",
  tag: "Account",
  summary: "Change your password",
  description: "Ends every other session of yours. A wrong present password is a 403, and counts as a failed log-in.",
  auth: "session",
  idempotent: "natural",
  limits: { perMinute: 10, failClosed: true },
  body: PasswordChange,
  responses: { 204: none("The password is changed") },
});

export const listSessions = operation({
  id: "listSessions",
  method: "get",
  path: "/v1/sessions",
  tag: "Account",
  summary: "List your sessions",
  description: "Where you are logged in, newest first.",
  auth: "session",
  effect: { lists: "session" },
  query: page.query({}),
  responses: { 200: page.of(UserSession) },
});

export const endSession = operation({
  id: "endSession",
  method: "delete",
  path: "/v1/sessions/{session_id}",
  tag: "Account",
  summary: "End a session of yours",
  description: "From its next request on it is refused.",
  auth: "session",
  effect: { deletes: "session" },
  responses: { 204: none("The session has ended") },
});

export const deleteAccount = operation({
  id: "deleteAccount",
  method: "delete",
  path: "/v1/profile",
  tag: "Account",
  summary: "Delete your account",
  description:
    "Deletes you, your sessions and your keys, for good. While you are the last owner of an organization it is a 409: hand it over or delete it first.",
  auth: "session",
  query: query({
    confirm: ruled(
      z.string().min(1).max(80).describe("Your name, exactly as in your profile").meta({ example: "Nora Lindt" }),
      "is the caller's name",
    ),
  }),
  responses: { 204: none("Your account is gone") },
  errors: ["CONFLICT"],
});
