import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { API_VERSION } from "./document.ts";
import type { Document } from "./kit/document.ts";
import { schema, z } from "./kit/schema.ts";
import { type Json, tidy } from "./kit/tidy.ts";
import { OAUTH } from "./oauth.ts";

const text = (about: string, example: string) => z.string().describe(about).meta({ example });
const list = (about: string, example: string[]) => z.array(z.string()).describe(about).meta({ example });

const scope = text("What it may do: scopes, separated by spaces", "brands:read personas:read");
const clientId = text("The client: from its registration, or `reelmark-cli`", "oac_Zm9yZXZlciBhbmQgYSBkYXk");
const resource = text(
  "What the token is for: this server's `/api` or `/mcp` (RFC 8707)",
  "https://reelmark.example/mcp",
);
const accessToken = text("Send it as `Authorization: Bearer …`", "rmo_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4");
const refreshToken = text("Good once: each use gives the next one", "rmf_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4");
const url = (about: string, path: string) => text(about, `https://reelmark.example${path}`);

const OauthError = schema("OauthError", "An error, in the form of RFC 6749 §5.2", {
  error: text("What went wrong, in one of the words of the RFC", "invalid_grant"),
  error_description: text("The same as a sentence", "grant request is invalid").optional(),
  scope: text("The scope that is at fault, where one is", "audit:read").optional(),
});

const ServerMetadata = schema("ServerMetadata", "Where this authorization server is and what it speaks (RFC 8414)", {
  issuer: url("Who issues the tokens", ""),
  authorization_endpoint: url("Where a browser is sent", OAUTH.paths.authorize),
  token_endpoint: url("Where codes become tokens", OAUTH.paths.token),
  registration_endpoint: url("Where clients register", OAUTH.paths.register),
  revocation_endpoint: url("Where tokens end", OAUTH.paths.revoke),
  device_authorization_endpoint: url("Where devices begin", OAUTH.paths.deviceAuthorization),
  scopes_supported: list("Scopes that some operation wants", ["brands:read", "brands:write"]),
  response_types_supported: list("Codes alone", ["code"]),
  response_modes_supported: list("In the query alone", ["query"]),
  grant_types_supported: list("How a token is got", [...OAUTH.grants]),
  token_endpoint_auth_methods_supported: list("Clients are public", ["none"]),
  revocation_endpoint_auth_methods_supported: list("Clients are public", ["none"]),
  code_challenge_methods_supported: list("PKCE, never plain", ["S256"]),
  authorization_response_iss_parameter_supported: z.boolean().describe("RFC 9207").meta({ example: true }),
  service_documentation: url("The reference", "/docs"),
});

const ResourceMetadata = schema("ResourceMetadata", "Who gives tokens for a resource (RFC 9728)", {
  resource: url("The resource", "/mcp"),
  authorization_servers: list("Who gives its tokens", ["https://reelmark.example"]),
  scopes_supported: list("Scopes that some operation wants", ["brands:read", "brands:write"]),
  bearer_methods_supported: list("How a token is sent", ["header"]),
  resource_name: text("What it is called", "Reelmark MCP"),
  resource_documentation: url("The reference", "/docs"),
});

const registration = {
  client_name: text("What users are shown", "Editor"),
  redirect_uris: list("https, or http on the user's own machine; there, any port will do", [
    "http://127.0.0.1/callback",
  ]),
  grant_types: list("How it will get its tokens", ["authorization_code", "refresh_token"]),
};
const Registration = z
  .object({
    ...registration,
    client_name: registration.client_name.optional(),
    grant_types: registration.grant_types.optional(),
  })
  .openapi("Registration", { description: "A client's own words (RFC 7591 §2). What is not known here is ignored" });

const Registered = schema("Registered", "A client as it is known from now on (RFC 7591 §3.2.1)", {
  client_id: clientId,
  client_id_issued_at: z.int().describe("When it registered, in Unix seconds").meta({ example: 1_795_000_000 }),
  ...registration,
  response_types: list("`code`, for one with redirects", ["code"]),
  token_endpoint_auth_method: text("Clients are public", "none"),
});

const Tokens = schema("Tokens", "Tokens (RFC 6749 §5.1)", {
  access_token: accessToken,
  token_type: text("How to send it", "Bearer"),
  expires_in: z.int().describe("Seconds until it ends").meta({ example: 900 }),
  refresh_token: refreshToken.optional(),
  scope,
});

const tokenFields = {
  grant_type: z.enum(OAUTH.grants).describe("What the token is given for").meta({ example: "authorization_code" }),
  client_id: clientId,
  code: text("The code of the redirect, good once and for a minute", "Zm9yZXZlciBhbmQgYSBkYXk").optional(),
  redirect_uri: text("The one of the request for the code", "http://127.0.0.1:49152/callback").optional(),
  code_verifier: text("Whose SHA-256 was the challenge", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").optional(),
  refresh_token: refreshToken.optional(),
  device_code: text("The code of the device", "Zm9yZXZlciBhbmQgYSBkYXk").optional(),
  scope: scope.optional(),
  resource: resource.optional(),
};

const DeviceAuthorization = schema("DeviceAuthorization", "What a device shows, and asks with (RFC 8628 §3.2)", {
  device_code: text("To ask for the token with", "Zm9yZXZlciBhbmQgYSBkYXk"),
  user_code: text("To show to the user", "BCDF-GHJK"),
  verification_uri: url("Where the user types it", OAUTH.paths.device),
  verification_uri_complete: url("The same with the code in it", `${OAUTH.paths.device}?user_code=BCDF-GHJK`),
  expires_in: z.int().describe("Seconds until the codes end").meta({ example: 600 }),
  interval: z.int().describe("Seconds between two questions").meta({ example: 5 }),
});

const header = (description: string) => ({ description, schema: { type: "string" as const } });
const HEADERS = { "X-Request-Id": header("Names the request in the server's log") };
const json = (description: string, body: z.ZodType) => ({
  description,
  headers: HEADERS,
  content: { "application/json": { schema: body } },
});
const refused = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => {
      const answer = json(REFUSALS[status] ?? "Refused", OauthError);
      const waits = status === 429 || status === 503;
      return [
        status,
        waits ? { ...answer, headers: { ...HEADERS, "Retry-After": header("Seconds to wait") } } : answer,
      ];
    }),
  );
const REFUSALS: Record<number, string> = {
  400: "The request is not good: `error` says why",
  401: "The client is not known",
  405: "Another method",
  413: "The body is over 16 KiB",
  415: "The body is no JSON",
  429: "Too many requests from this address: `Retry-After` says when",
  503: "The server cannot reach its data right now",
};
const page = (description: string) => ({
  description,
  headers: HEADERS,
  content: { "text/html": { schema: z.string().describe("A page") } },
});
const formBody = (fields: z.ZodType) => ({
  body: { required: true, content: { "application/x-www-form-urlencoded": { schema: fields } } },
});
const COMMON = { security: [], tags: ["OAuth"] };

const routes = [
  createRoute({
    ...COMMON,
    method: "get",
    path: OAUTH.paths.metadata,
    operationId: "getServerMetadata",
    summary: "Where the authorization server is (RFC 8414)",
    responses: { 200: json("The metadata", ServerMetadata), ...refused(405, 429, 503) },
  }),
  ...OAUTH.resources.map((path) =>
    createRoute({
      ...COMMON,
      method: "get",
      path: OAUTH.resourceMetadata + path,
      operationId: path === "/mcp" ? "getMcpMetadata" : "getApiMetadata",
      summary: `Who gives tokens for ${path} (RFC 9728)`,
      responses: { 200: json("The metadata", ResourceMetadata), ...refused(405, 429, 503) },
    }),
  ),
  createRoute({
    ...COMMON,
    method: "post",
    path: OAUTH.paths.register,
    operationId: "registerClient",
    summary: "Register a client (RFC 7591)",
    description: "Anybody may. One that nobody approves within a day is forgotten.",
    request: { body: { required: true, content: { "application/json": { schema: Registration } } } },
    responses: { 201: json("The client", Registered), ...refused(400, 405, 413, 415, 429, 503) },
  }),
  createRoute({
    ...COMMON,
    method: "get",
    path: OAUTH.paths.authorize,
    operationId: "authorize",
    summary: "Ask a user (RFC 6749 §4.1, with PKCE)",
    description: "Opened in a browser. The user logs in, chooses an organization, and approves.",
    request: {
      query: z.object({
        client_id: clientId,
        response_type: z.literal("code").describe("A code"),
        redirect_uri: text("One of the client's", "http://127.0.0.1:49152/callback"),
        code_challenge: text(
          "SHA-256 of the verifier, base64url (RFC 7636)",
          "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        ),
        code_challenge_method: z.literal("S256").describe("The only one"),
        scope: scope.optional(),
        state: text("Comes back unchanged", "af0ifjsldkj").optional(),
        resource: resource.optional(),
        prompt: text("`login` asks for the password again", "login").optional(),
      }),
    },
    responses: {
      303: {
        description: "To the page that asks the user, or back to the client with an error",
        headers: { ...HEADERS, Location: header("Where to") },
      },
      400: page("What cannot be told to the client: it is unknown, or the redirect is not its own"),
      ...refused(405, 429, 503),
    },
  }),
  createRoute({
    ...COMMON,
    method: "post",
    path: OAUTH.paths.token,
    operationId: "getTokens",
    summary: "Get tokens (RFC 6749 §3.2)",
    description:
      "For a code, a refresh token, or a device's code. A code or refresh token that is sent twice ends all that came of it. A device that asks too early is told `slow_down`.",
    request: formBody(z.object(tokenFields)),
    responses: { 200: json("Tokens", Tokens), ...refused(400, 401, 405, 413, 429, 503) },
  }),
  createRoute({
    ...COMMON,
    method: "post",
    path: OAUTH.paths.revoke,
    operationId: "revokeTokens",
    summary: "End tokens (RFC 7009)",
    description: "Ends the token and all that came of the same approval, from the next request on.",
    request: formBody(z.object({ client_id: clientId, token: accessToken })),
    responses: {
      200: { description: "It is not good any more, or never was", headers: HEADERS },
      ...refused(400, 401, 405, 413, 429, 503),
    },
  }),
  createRoute({
    ...COMMON,
    method: "post",
    path: OAUTH.paths.deviceAuthorization,
    operationId: "authorizeDevice",
    summary: "Begin on a device (RFC 8628)",
    description: `For what has no browser of its own. The user types the code at \`${OAUTH.paths.device}\`.`,
    request: formBody(z.object({ client_id: clientId, scope: scope.optional(), resource: resource.optional() })),
    responses: { 200: json("The codes", DeviceAuthorization), ...refused(400, 401, 405, 413, 429, 503) },
  }),
];

const INFO = {
  title: "Reelmark OAuth",
  version: API_VERSION,
  description: "The authorization server: OAuth 2.1 for programs that act for a user, and for MCP clients.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

/** The authorization server's OpenAPI document: it speaks RFC 6749, not the envelope of the API, and so has one of its own. */
export function oauthDocument(): Document {
  const app = new OpenAPIHono();
  for (const route of routes) app.openAPIRegistry.registerPath(route);
  const document = app.getOpenAPI31Document(
    {
      openapi: "3.1.0",
      info: INFO,
      servers: [{ url: "/", description: "This server" }],
      tags: [{ name: "OAuth", description: "Tokens for programs that a user lets in" }],
    },
    { sortComponents: "alphabetically", unionPreferredType: "oneOf" },
  );
  // The generator's type allows `$ref` where this document has none; `tidy` walks it as the plain JSON that it is.
  return tidy(document as unknown as Json) as unknown as Document;
}
