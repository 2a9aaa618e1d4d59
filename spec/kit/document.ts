import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { checkContract } from "./checks.ts";
import { errorResponses, HEADERS, type HeaderParameter, PARAMETERS, RESPONSE_HEADERS } from "./document-parts.ts";
import { isMedia, type Media } from "./media.ts";
import type { Operation } from "./operation.ts";
import {
  hasETag,
  isAuthenticated,
  isRepresentation,
  isStreaming,
  maxBytes,
  precondition,
  readerOf,
  scopeNames,
} from "./policy.ts";
import { z } from "./schema.ts";
import { type Json, tidy } from "./tidy.ts";

export type Document = {
  openapi: string;
  info: Record<string, Json>;
  servers: { url: string; description: string }[];
  paths: Record<string, Record<string, Record<string, Json>>>;
  webhooks: Record<string, Json>;
  components: Record<string, Record<string, Json>>;
  tags: Json[];
  [extension: string]: unknown;
};

/** An event that the API sends: its name, what it says, and the schema of its body. */
export type WebhookEvent = { readonly name: string; readonly summary: string; readonly payload: z.ZodType };

/** What a contract says of itself beside its operations. */
export type DocumentInfo = {
  readonly info: {
    title: string;
    version: string;
    description: string;
    license: { name: string; identifier: string };
  } & {
    [extension: `x-${string}`]: string;
  };
  readonly server: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly tagGroups: readonly { name: string; tags: readonly string[] }[];
  readonly events?: readonly WebhookEvent[];
  /** Headers that every event is sent with. */
  readonly eventHeaders?: readonly HeaderParameter[];
  readonly error: z.ZodType;
  /** Headers that every authenticated operation takes, such as the one that names a tenant. */
  readonly credentialHeaders?: readonly HeaderParameter[];
};

/**
 * Contract to OpenAPI 3.1. Deterministic: the same contract gives the same bytes. Components are reused by `$ref`,
 * errors and headers come from each operation's policy, and policy stands in `x-` extensions for tools.
 */
export function emit(contract: Record<string, Operation>, about: DocumentInfo): Document {
  const events = (about.events ?? []).map((event) => [`event ${event.name}`, event.payload] as const);
  checkContract(contract, { "the error body": about.error, ...Object.fromEntries(events) });
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  registry.register("Error", about.error);
  registry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key or a session's access token: `Authorization: Bearer …`.",
  });
  registry.registerComponent("securitySchemes", "apiKey", {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "An API key in its own header. Not together with `Authorization`.",
  });
  const shared = new Map<string, object>();
  const routes = Object.values(contract).map((op) => route(contract, op, shared, about.credentialHeaders ?? []));
  for (const one of routes) registry.registerPath(one);
  const eventHeaders = about.eventHeaders ?? [];
  for (const event of about.events ?? []) registry.registerWebhook(webhook(event, eventHeaders));
  for (const header of eventHeaders) registry.registerComponent("parameters", header.name, header);
  for (const [name, response] of shared)
    registry.registerComponent("responses", name, response as { description: string });
  const said = JSON.stringify([routes, ...shared.values()]);
  const isUsed = (kind: string, name: string) => said.includes(`"#/components/${kind}/${name}"`);
  for (const [name, header] of Object.entries(HEADERS)) {
    if (isUsed("headers", name)) registry.registerComponent("headers", name, header);
  }
  const own = (about.credentialHeaders ?? []).map((header) => [header.name, header] as const);
  for (const [name, param] of [...Object.entries(PARAMETERS), ...own]) {
    if (isUsed("parameters", name)) registry.registerComponent("parameters", name, param);
  }
  const document = app.getOpenAPI31Document(
    {
      openapi: "3.1.0",
      info: about.info,
      servers: [{ url: about.server, description: "This server" }],
      tags: Object.entries(about.tags).map(([name, description]) => ({ name, description })),
      "x-tagGroups": about.tagGroups,
    },
    { sortComponents: "alphabetically", unionPreferredType: "oneOf" },
  );
  // The generator's type allows `$ref` where this document has none; `tidy` walks it as the plain JSON that it is.
  return tidy(document as unknown as Json) as unknown as Document;
}

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

function route(
  contract: Record<string, Operation>,
  op: Operation,
  shared: Map<string, object>,
  credentialHeaders: readonly HeaderParameter[],
) {
  const scopes = [...scopeNames(op)];
  const parameters = [];
  if (op.idempotent === "key") parameters.push(ref("parameters", "Idempotency-Key"));
  if (hasETag(op)) parameters.push(ref("parameters", "If-None-Match"));
  if (precondition(contract, op)) parameters.push(ref("parameters", "If-Match"));
  if (isAuthenticated(op)) parameters.push(...credentialHeaders.map(({ name }) => ref("parameters", name)));
  if ("206" in (op.responses as object)) parameters.push(ref("parameters", "Range"));
  if (isStreaming(op)) parameters.push(ref("parameters", "Last-Event-ID"));
  const body = bodyContent(op.body);
  const params = Object.keys(op.params).length > 0 ? op.params : undefined;
  return createRoute({
    method: op.method,
    path: op.path,
    operationId: op.id,
    summary: op.summary,
    description: describe(op, scopes),
    tags: [op.tag],
    parameters,
    security: security(op, scopes),
    request: {
      ...(params ? { params: z.object(params) } : {}),
      ...(op.query ? { query: op.query as z.ZodObject } : {}),
      ...(body ? { body: { required: true, content: body, "x-max-bytes": maxBytes(op) } } : {}),
    },
    responses: { ...successes(contract, op), ...errorResponses(contract, op, shared) } as Parameters<
      typeof createRoute
    >[0]["responses"],
    ...(op.deprecated
      ? { deprecated: true, "x-sunset": op.deprecated.sunset, "x-replaced-by": op.deprecated.use }
      : {}),
    ...extensions(op),
  });
}

function describe(op: Operation, scopes: readonly string[]): string {
  const lines = [op.description ?? `${op.summary}.`];
  const said = scopes.map((scope) => `\`${scope}\``);
  if (said.length > 0) lines.push(`**Scope:** ${said.join("anyOf" in op.scopes ? " or " : " and ")}.`);
  if (op.auth === "session") lines.push("**Session only:** an API key is refused with 403.");
  if (op.credits !== 0) {
    lines.push(
      typeof op.credits === "number"
        ? `**Costs** ${op.credits} credits.`
        : `**Costs** up to ${op.credits.max} credits: ${op.credits.estimate}`,
    );
  }
  if (op.deprecated)
    lines.push(
      `**Deprecated** since ${op.deprecated.since}, gone on ${op.deprecated.sunset}: use \`${op.deprecated.use}\`.`,
    );
  return lines.join("\n\n");
}

function security(op: Operation, scopes: readonly string[]) {
  if (op.auth === "session" || op.auth === "operator") return [{ bearer: [...scopes] }];
  if (op.auth !== "credential") return [];
  if ("anyOf" in op.scopes) return scopes.flatMap((scope) => [{ bearer: [scope] }, { apiKey: [scope] }]);
  return [{ bearer: [...scopes] }, { apiKey: [...scopes] }];
}

function extensions(op: Operation): Record<`x-${string}`, unknown> {
  const result: Record<`x-${string}`, unknown> = { "x-auth": op.auth };
  if (op.effect) result["x-effect"] = op.effect;
  if (op.idempotent) result["x-idempotent"] = op.idempotent;
  if (op.credits !== 0) result["x-credits"] = op.credits;
  if (op.async) result["x-async"] = op.async;
  if (Object.keys(op.limits).length > 0) result["x-limits"] = op.limits;
  result["x-closed-query"] = op.closedQuery;
  if (op.stable) result["x-stability"] = "stable";
  return result;
}

function media(part: Media): Record<string, object> | undefined {
  switch (part.media) {
    case "form":
    case "multipart":
    case "events":
      return { [part.type]: { schema: part.schema } };
    case "octets":
      // OpenAPI 3.1 §4.8.14.1: raw bytes have an empty schema; a description is all there is to say.
      return Object.fromEntries(part.types.map((type) => [type, { schema: { description: part.about } }]));
    default:
      return undefined;
  }
}

function bodyContent(body: unknown): Record<string, object> | undefined {
  if (body === undefined) return undefined;
  if (isMedia(body)) return media(body);
  // RFC 7396: a PATCH body is a merge patch; plain JSON is read as the same.
  return { "application/json": { schema: body as z.ZodType } };
}

const TITLES: Record<string, string> = {
  200: "OK",
  201: "Created",
  202: "Accepted: the work goes on; follow it at `Location`",
  206: "Part of the content",
};

function successes(contract: Record<string, Operation>, op: Operation): Record<string, object> {
  const result: Record<string, object> = {};
  for (const [status, answer] of Object.entries(op.responses as Record<string, unknown>)) {
    const headers: Record<string, object> = { "X-Request-Id": ref("headers", "X-Request-Id") };
    const add = (...names: readonly string[]) => {
      for (const name of names) headers[name] = ref("headers", name);
    };
    add(...RESPONSE_HEADERS.limits);
    if (isRepresentation(contract, op, answer)) add("ETag");
    // It leads to the reader: what nobody can read has no address.
    const made = op.effect && "creates" in op.effect ? readerOf(contract, op.effect.creates) : undefined;
    if ((status === "201" || status === "202") && made?.path.includes("{")) add("Location");
    if (status === "202" && op.async) add("Location");
    if (status.startsWith("3")) add("Location");
    if (status === "206") add("Content-Range");
    if (op.idempotent === "key") add("Idempotent-Replayed");
    if (op.deprecated) add("Deprecation", "Sunset");
    if (isMedia(answer)) {
      const about = "about" in answer ? answer.about : "A stream of server-sent events (WHATWG HTML §9.2)";
      const content = media(answer);
      result[status] = { description: about, headers, ...(content ? { content } : {}) };
      continue;
    }
    result[status] = {
      description: TITLES[status] ?? "Done",
      headers,
      content: { "application/json": { schema: answer as z.ZodType } },
    };
  }
  if (hasETag(op)) {
    result["304"] = {
      description: "Not modified: `If-None-Match` names the present version",
      headers: Object.fromEntries(
        ["X-Request-Id", ...RESPONSE_HEADERS.limits, "ETag"].map((name) => [name, ref("headers", name)]),
      ),
    };
  }
  return result;
}

function webhook(event: WebhookEvent, headers: readonly HeaderParameter[]) {
  return createRoute({
    method: "post",
    path: event.name,
    operationId: event.name.replace(/[._](\w)/g, (_, c: string) => c.toUpperCase()),
    summary: event.summary,
    security: [],
    parameters: headers.map(({ name }) => ref("parameters", name)),
    request: { body: { required: true, content: { "application/json": { schema: event.payload } } } },
    responses: { 204: { description: "Taken. Any 2xx counts; anything else is tried again" } },
  });
}
