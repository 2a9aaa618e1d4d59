import { stringify } from "yaml";
import type { FileSource } from "./file.ts";

/** An OpenAPI document, as far as its publishing is concerned. */
export type OpenApiDocument = { readonly servers?: unknown; readonly [key: string]: unknown };

const HEADERS = { "cache-control": "no-cache", "x-content-type-options": "nosniff" };

/** The same document for readers of another host: `url` is the whole base address, such as `https://api.example.com/api`. */
export function withServer<D extends OpenApiDocument>(document: D, url: string): D {
  return { ...document, servers: [{ url }] };
}

/**
 * The document as JSON, for people to read unless `indent` is 0. `application/json` rather than OpenAPI's own type, so
 * that a browser shows it.
 */
export function documentJson(document: OpenApiDocument, indent = 2): FileSource {
  return {
    text: `${JSON.stringify(document, null, indent)}\n`,
    headers: { ...HEADERS, "content-type": "application/json; charset=utf-8" },
  };
}

/** The document as YAML (RFC 9512), without anchors: not every OpenAPI tool follows them. */
export function documentYaml(document: OpenApiDocument): FileSource {
  return {
    text: stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 }),
    headers: { ...HEADERS, "content-type": "application/yaml; charset=utf-8" },
  };
}
