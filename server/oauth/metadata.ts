import { OAUTH } from "../../spec/oauth.ts";
import type { Scope } from "../../spec/vocabulary.ts";

/** The authorization server's metadata (RFC 8414 §2). `scopes` are those that some operation wants. */
export const serverMetadata = (issuer: string, scopes: readonly Scope[]) => ({
  issuer,
  authorization_endpoint: issuer + OAUTH.paths.authorize,
  token_endpoint: issuer + OAUTH.paths.token,
  registration_endpoint: issuer + OAUTH.paths.register,
  revocation_endpoint: issuer + OAUTH.paths.revoke,
  device_authorization_endpoint: issuer + OAUTH.paths.deviceAuthorization,
  scopes_supported: scopes,
  response_types_supported: ["code"],
  response_modes_supported: ["query"],
  grant_types_supported: OAUTH.grants,
  token_endpoint_auth_methods_supported: ["none"],
  revocation_endpoint_auth_methods_supported: ["none"],
  code_challenge_methods_supported: ["S256"],
  authorization_response_iss_parameter_supported: true,
  service_documentation: `${issuer}/docs`,
});

/** A protected resource's metadata (RFC 9728 §2); `path` is `/api` or `/mcp`. */
export const resourceMetadata = (issuer: string, path: string, scopes: readonly Scope[]) => ({
  resource: issuer + path,
  authorization_servers: [issuer],
  scopes_supported: scopes,
  bearer_methods_supported: ["header"],
  resource_name: path === "/mcp" ? "Reelmark MCP" : "Reelmark API",
  resource_documentation: `${issuer}/docs`,
});
