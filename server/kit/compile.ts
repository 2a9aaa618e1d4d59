import { type Files, isMedia, type Media } from "../../spec/kit/media.ts";
import type { Operation } from "../../spec/kit/operation.ts";
import {
  answersSecret,
  isRepresentation,
  isStreaming,
  maxBytes,
  maxCredits,
  precondition,
  readerOf,
  scopeNames,
  writes,
} from "../../spec/kit/policy.ts";
import { z } from "../../spec/kit/schema.ts";
import type { QueryShape } from "./query.ts";
import { compileStrip, type Strip } from "./strip.ts";

/** How one declared answer is checked and written. */
export type CompiledAnswer =
  | { readonly kind: "json"; readonly schema: z.ZodType; readonly strip: Strip; readonly tagged: boolean }
  | { readonly kind: "events"; readonly schema: z.ZodType; readonly strip: Strip }
  | { readonly kind: "none" | "redirect" }
  | { readonly kind: "octets"; readonly types: readonly string[] };

/** An operation with everything computed that does not depend on the request. Made once, at start. */
export type Compiled = {
  readonly op: Operation;
  readonly isRead: boolean;
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly queryShape: QueryShape;
  readonly closedQuery: boolean;
  /** Whether it answers an event stream. */
  readonly streams: boolean;
  readonly body: z.ZodType | undefined;
  readonly media: Media["media"] | "json" | undefined;
  /** What a multipart body may hold. */
  readonly multipart: { readonly fields: z.ZodObject; readonly files: Files } | undefined;
  readonly mediaTypes: readonly string[];
  readonly maxBytes: number;
  readonly answers: ReadonlyMap<number, CompiledAnswer>;
  readonly scopes: readonly string[];
  readonly anyScope: boolean;
  readonly maxCredits: number;
  readonly secret: boolean;
  /** The reader whose ETag `If-Match` is held against. */
  readonly reader: Operation | undefined;
  /** Kind of the resource written, and the parameter that names it. */
  readonly writes: { readonly kind: string; readonly param: string } | undefined;
  /** Path template of what a 201 or 202 made. */
  readonly location: string | undefined;
  readonly deprecation: Readonly<Record<string, string>>;
};

function answer(contract: Record<string, Operation>, op: Operation, value: unknown): CompiledAnswer {
  if (!isMedia(value)) {
    const schema = value as z.ZodType;
    return { kind: "json", schema, strip: compileStrip(schema), tagged: isRepresentation(contract, op, schema) };
  }
  if (value.media === "events") return { kind: "events", schema: value.schema, strip: compileStrip(value.schema) };
  if (value.media === "octets") return { kind: "octets", types: value.types };
  return { kind: value.media === "redirect" ? "redirect" : "none" };
}

function shapeOf(query: z.ZodType | undefined): QueryShape {
  const shape = new Map<string, "one" | "many">();
  if (!(query instanceof z.ZodObject)) return shape;
  for (const [name, field] of Object.entries(query.shape)) {
    let inner: z.ZodType = field;
    while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap() as z.ZodType;
    shape.set(name, inner instanceof z.ZodArray ? "many" : "one");
  }
  return shape;
}

const MEDIA_TYPES: Record<string, readonly string[]> = {
  json: ["application/json"],
  form: ["application/x-www-form-urlencoded"],
  multipart: ["multipart/form-data"],
};

function deprecationHeaders(op: Operation): Record<string, string> {
  if (!op.deprecated) return {};
  const since = Date.parse(`${op.deprecated.since}T00:00:00Z`);
  const sunset = new Date(`${op.deprecated.sunset}T23:59:59Z`);
  return { Deprecation: `@${Math.floor(since / 1000)}`, Sunset: sunset.toUTCString() };
}

const lastParam = (path: string): string | undefined => [...path.matchAll(/\{([a-z_]+)\}/g)].at(-1)?.[1];

/** Computes an operation once, so that a request finds only decisions that depend on it. */
export function compile(contract: Record<string, Operation>, op: Operation): Compiled {
  const body = op.body;
  const media = body === undefined ? undefined : isMedia(body) ? body.media : "json";
  const kind = writes(op);
  const param = lastParam(op.path);
  const created = op.effect && "creates" in op.effect ? readerOf(contract, op.effect.creates) : undefined;
  const followed = created ?? (op.async ? contract[op.async.poll] : undefined);
  return {
    op,
    isRead: op.method === "get",
    params: Object.keys(op.params).length > 0 ? z.object(op.params) : undefined,
    query: op.query as z.ZodType | undefined,
    queryShape: shapeOf(op.query as z.ZodType | undefined),
    closedQuery: op.closedQuery,
    streams: isStreaming(op),
    body: isMedia(body) ? ("schema" in body ? body.schema : undefined) : (body as z.ZodType | undefined),
    media,
    multipart:
      isMedia(body) && body.media === "multipart"
        ? { fields: body.fields as z.ZodObject, files: body.files }
        : undefined,
    mediaTypes: isMedia(body) && "types" in body ? body.types : acceptedTypes(op, media),
    maxBytes: maxBytes(op),
    answers: new Map(
      Object.entries(op.responses as object).map(([status, value]) => [Number(status), answer(contract, op, value)]),
    ),
    scopes: scopeNames(op),
    anyScope: "anyOf" in op.scopes,
    maxCredits: maxCredits(op),
    secret: answersSecret(op),
    reader: precondition(contract, op),
    writes: kind !== undefined && param !== undefined ? { kind, param } : undefined,
    location: followed?.path,
    deprecation: deprecationHeaders(op),
  };
}

function acceptedTypes(op: Operation, media: string | undefined): readonly string[] {
  const types = MEDIA_TYPES[media ?? ""] ?? [];
  // RFC 7396 §4: a merge patch may say so by its own media type.
  return op.method === "patch" && media === "json" ? [...types, "application/merge-patch+json"] : types;
}
