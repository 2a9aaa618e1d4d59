import { emailAddress, line } from "./fields.ts";
import { none } from "./kit/media.ts";
import { input, inputApart, nullable, ruled, schema, secret, timestamp, z } from "./kit/schema.ts";
import { AcceptInvitationInput, Organization, organizationName, User } from "./organizations.ts";
import { operation } from "./vocabulary.ts";

export const email = emailAddress(
  "The address to log in with. Upper and lower case are the same",
  "nora@orangecat.example",
);

export const password = secret(
  z
    .string()
    .min(12)
    .max(256)
    .describe("At least 12 characters; any are allowed")
    .meta({ example: "correct horse battery staple" }),
);

const refreshToken = secret(
  z
    .string()
    .regex(/^rmr_[A-Za-z0-9_-]{43}$/, "must be a refresh token")
    .describe("Exchanges for a new session, once: each use gives the next one")
    .meta({ example: "rmr_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4" }),
);

export const SignUpInput = inputApart(
  "SignUpInput",
  "A new user and their organization",
  ["organization_name", "invitation_token"],
  {
    email,
    password,
    name: line(80, "Your name, shown to your team", "Nora Lindt"),
    organization_name: organizationName
      .describe("The new organization's name; your name when absent. Not together with `invitation_token`")
      .optional(),
    invitation_token: ruled(
      AcceptInvitationInput.shape.token.describe(
        "Joins the organization that invited you instead of making one; proves your address too",
      ),
      "was sent to this address",
    ).optional(),
  },
);

export const LoginInput = input("LoginInput", "The credentials of a user", {
  email,
  // No lower bound here: telling a short password from a wrong one would say how passwords were once ruled.
  password: secret(
    z.string().min(1).max(256).describe("The password").meta({ example: "correct horse battery staple" }),
  ),
});

export const RefreshInput = input("RefreshInput", "The refresh token of a session", { refresh_token: refreshToken });

export const Session = schema("Session", "A session: send `access_token` as `Authorization: Bearer …`", {
  access_token: secret(
    z
      .string()
      .describe("A JWT (RFC 7519), signed with a key of `/.well-known/jwks.json`")
      .meta({ example: "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiJ1c3JfMDEifQ.c2lnbmF0dXJl" }),
  ),
  token_type: z.literal("Bearer").describe("How to send the token (RFC 6750)"),
  expires_in: z.int().min(1).describe("Seconds until `access_token` ends").meta({ example: 900 }),
  refresh_token: refreshToken,
  refresh_expires_at: timestamp("When `refresh_token` ends, unused"),
  user: User,
  organization: nullable(Organization),
});

export const signUp = operation({
  id: "signUp",
  method: "post",
  path: "/v1/auth/sign-up",
  tag: "Authentication",
  summary: "Sign up",
  description:
    "Creates a user, their organization and a session. Who may sign up is the operator's choice (`SIGN_UP`): by default the first user alone.",
  auth: "public",
  limits: { perMinute: 10, failClosed: true },
  body: SignUpInput,
  responses: { 201: Session },
  errors: ["CONFLICT", "FORBIDDEN", "NOT_FOUND", "PLAN_LIMIT"],
});

export const login = operation({
  id: "login",
  method: "post",
  path: "/v1/auth/login",
  tag: "Authentication",
  summary: "Log in",
  description:
    "Starts a session. A wrong password and an unknown address get the same answer in the same time. After 10 failures in 15 minutes an address or account waits.",
  auth: "public",
  limits: { perMinute: 10, failClosed: true },
  body: LoginInput,
  responses: { 200: Session },
  errors: ["UNAUTHORIZED"],
});

export const refreshSession = operation({
  id: "refreshSession",
  method: "post",
  path: "/v1/auth/refresh",
  tag: "Authentication",
  summary: "Refresh a session",
  description:
    "Exchanges a refresh token for the next pair. A token that was already used ends the whole session: somebody else may hold it.",
  auth: "public",
  limits: { perMinute: 30 },
  body: RefreshInput,
  responses: { 200: Session },
  errors: ["UNAUTHORIZED"],
});

export const logout = operation({
  id: "logout",
  method: "post",
  path: "/v1/auth/logout",
  tag: "Authentication",
  summary: "Log out",
  description: "Ends this session at once: its access and refresh tokens are refused from the next request on.",
  auth: "session",
  idempotent: "natural",
  responses: { 204: none("The session has ended") },
});
