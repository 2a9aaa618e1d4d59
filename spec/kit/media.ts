import { type Schema, z } from "./schema.ts";

/** Bodies and answers that are not plain JSON. Plain JSON is written as its schema. */
export type Media =
  | { readonly media: "none"; readonly about: string }
  | { readonly media: "form"; readonly schema: z.ZodType; readonly type: "application/x-www-form-urlencoded" }
  | {
      readonly media: "multipart";
      readonly schema: z.ZodType;
      readonly fields: z.ZodType;
      readonly files: Files;
      readonly type: "multipart/form-data";
    }
  | { readonly media: "octets"; readonly types: readonly string[]; readonly about: string }
  | { readonly media: "events"; readonly schema: z.ZodType; readonly type: "text/event-stream" }
  | { readonly media: "redirect"; readonly about: string };

/** What a handler gives for each kind of answer. `never` where there is no body to give. */
export type None = { readonly media: "none"; readonly about: string };
export type Form<S> = {
  readonly media: "form";
  readonly schema: S;
  readonly type: "application/x-www-form-urlencoded";
};
export type Multipart<S> = {
  readonly media: "multipart";
  /** Fields and files together, as the document shows them. */
  readonly schema: z.ZodType;
  readonly fields: S;
  readonly files: Files;
  readonly type: "multipart/form-data";
};
/** The files of a multipart body by part name, each with what it is. Every one is required, once. */
export type Files = Readonly<Record<string, string>>;
export type Octets = { readonly media: "octets"; readonly types: readonly string[]; readonly about: string };
export type Events<S> = { readonly media: "events"; readonly schema: S; readonly type: "text/event-stream" };
export type Redirect = { readonly media: "redirect"; readonly about: string };

/** An answer without content (204). It says why, because the document wants a description. */
export const none = (about: string): None => ({ media: "none", about });

/** A form body, `application/x-www-form-urlencoded` (WHATWG URL §5). */
export const form = <S extends Schema>(schema: S): Form<S> => ({
  media: "form",
  schema,
  type: "application/x-www-form-urlencoded",
});

/**
 * A `multipart/form-data` body (RFC 7578): text fields held to their schema as they arrive, and files, streamed to the
 * handler, each required once. What is neither is refused.
 */
export function multipart<F extends z.ZodObject>(fields: F, files: Files): Multipart<F> {
  const binary = Object.entries(files).map(([name, about]) => [
    name,
    // OpenAPI 3.1 §4.8.14.3: the bytes of a part are a string whose media type is said beside it.
    z.string().describe(about).meta({ contentMediaType: "application/octet-stream", example: "the file's bytes" }),
  ]);
  const schema = z.strictObject({ ...fields.shape, ...Object.fromEntries(binary) });
  return { media: "multipart", schema, fields, files, type: "multipart/form-data" };
}

/** Bytes, in or out. As an answer with 206 it is a range (RFC 9110 §15.3.7). */
export const octets = (types: readonly string[], about: string): Octets => ({ media: "octets", types, about });

/** A stream of server-sent events (WHATWG HTML §9.2) whose `data` is JSON of this schema. */
export const events = <S extends Schema>(schema: S): Events<S> => ({
  media: "events",
  schema,
  type: "text/event-stream",
});

/** An answer that points elsewhere by `Location` (302, 303). */
export const redirect = (about: string): Redirect => ({ media: "redirect", about });

/** Whether a body or answer is one of the kinds above, rather than a JSON schema. */
export function isMedia(value: unknown): value is Media {
  return typeof value === "object" && value !== null && "media" in value;
}
