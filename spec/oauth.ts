/** The words of the authorization server: where it stands and what it speaks. Its document is in `oauth-document.ts`. */
export const OAUTH = {
  paths: {
    authorize: "/oauth/authorize",
    token: "/oauth/token",
    register: "/oauth/register",
    revoke: "/oauth/revoke",
    deviceAuthorization: "/oauth/device_authorization",
    /** Pages for people, not for programs. */
    device: "/oauth/device",
    consent: "/oauth/consent",
    metadata: "/.well-known/oauth-authorization-server",
    document: "/oauth/openapi.json",
  },
  /** What tokens are for (RFC 8707), below the public URL: one server under two names, so that a token is good at both. */
  resources: ["/api", "/mcp"],
  /** Before the path of a resource: its metadata (RFC 9728 §3.1). */
  resourceMetadata: "/.well-known/oauth-protected-resource",
  /** RFC 8628 §3.4. */
  deviceGrant: "urn:ietf:params:oauth:grant-type:device_code",
  grants: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
  /** The client of the command line, known without registering. */
  commandLine: "reelmark-cli",
  commandLineName: "Reelmark command line",
} as const;
