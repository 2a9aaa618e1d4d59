import { documentJson, documentYaml, type OpenApiDocument } from "./document.ts";
import { type StaticFile, staticFile } from "./file.ts";
import { docsPage } from "./page.ts";
import { scalarFile, scalarVersion } from "./scalar.ts";

/**
 * The whole reference as files by path, for a server to answer GET with: `/docs`, `/docs/`, `/docs/assets/scalar.js`,
 * `/openapi.json`, `/openapi.yaml`. Nothing is read or compressed before its first request.
 */
export function docsSite(document: OpenApiDocument, title?: string): ReadonlyMap<string, StaticFile> {
  const page = staticFile(async () =>
    docsPage({
      documentUrl: "/openapi.json",
      scriptUrl: `/docs/assets/scalar.js?v=${await scalarVersion()}`,
      ...(title ? { title } : {}),
    }),
  );
  return new Map([
    ["/docs", page],
    ["/docs/", page],
    ["/docs/assets/scalar.js", staticFile(scalarFile)],
    ["/openapi.json", staticFile(() => documentJson(document))],
    ["/openapi.yaml", staticFile(() => documentYaml(document))],
  ]);
}
