import type { OpenApiDocument } from "../document.ts";
import { SchemaSource } from "./source.ts";

const made = new WeakMap<OpenApiDocument, SchemaSource>();

/** The schemas of a document; the same ones each time, so that what is compiled is kept. */
export function sourceOf(document: OpenApiDocument): SchemaSource {
  const known = made.get(document);
  if (known) return known;
  const source = new SchemaSource(document);
  made.set(document, source);
  return source;
}
