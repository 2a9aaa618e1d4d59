import { documentJson, documentYaml, type OpenApiDocument } from "./document.ts";
import { type StaticFile, staticFile } from "./file.ts";
import { readGuides } from "./guides.ts";
import { docsPage } from "./page.ts";
import { referenceDocument } from "./reference.ts";
import { scalarFile, scalarVersion } from "./scalar.ts";

/**
 * The whole reference as files by path, for a server to answer GET with: `/docs`, `/docs/`, `/docs/reference.json` (what
 * the page shows), `/docs/assets/scalar.js`, `/openapi.json`, `/openapi.yaml`. `origin` says where readers find
 * the API, such as `https://api.example.com`, once that is known. Nothing is read or compressed before its first request.
 */
export function docsSite(
  document: OpenApiDocument,
  origin: () => string,
  title?: string,
): ReadonlyMap<string, StaticFile> {
  const page = staticFile(async () =>
    docsPage({
      documentUrl: "/docs/reference.json",
      scriptUrl: `/docs/assets/scalar.js?v=${await scalarVersion()}`,
      ...(title ? { title } : {}),
    }),
  );
  const reference = async () => referenceDocument(document, await readGuides(), { origin: origin(), documents: "/" });
  return new Map([
    ["/docs", page],
    ["/docs/", page],
    ["/docs/reference.json", staticFile(async () => documentJson(await reference(), 0))],
    ["/docs/assets/scalar.js", staticFile(scalarFile)],
    ["/openapi.json", staticFile(() => documentJson(document))],
    ["/openapi.yaml", staticFile(() => documentYaml(document))],
  ]);
}
