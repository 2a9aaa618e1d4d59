import type { OpenApiDocument } from "../document.ts";
import { cliSample } from "./cli.ts";
import { curlSample } from "./curl.ts";
import { pythonSample } from "./python.ts";
import { type SampleDocument, type SampleRequest, sampleRequest } from "./request.ts";
import { typescriptSample } from "./typescript.ts";

/** A language of the samples: `lang` colours it, `label` names it, `write` says the request in it, where it can. */
export type SampleLanguage = {
  readonly lang: string;
  readonly label: string;
  readonly write: (request: SampleRequest, base: string) => string | undefined;
};

/** The languages of the samples, in the order of the page. */
const LANGUAGES: readonly SampleLanguage[] = [
  { lang: "shell", label: "curl", write: curlSample },
  { lang: "typescript", label: "TypeScript", write: typescriptSample },
  { lang: "shell", label: "reelmark", write: cliSample },
  { lang: "python", label: "Python", write: pythonSample },
];

// A document is generated, and linted in full by `npm run check`: its operations have this shape.
const readable = (document: OpenApiDocument) => document as unknown as SampleDocument;

/** Every operation's sample request, by its id. */
export function sampleRequests(given: OpenApiDocument): ReadonlyMap<string, SampleRequest> {
  const document = readable(given);
  const found = new Map<string, SampleRequest>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, op] of Object.entries(item)) {
      if (typeof op !== "object" || !("operationId" in op)) continue;
      found.set(op.operationId, sampleRequest(document, method, path, op));
    }
  }
  return found;
}

/** The document with `x-codeSamples` on every operation; `base` is the API's whole address, as readers would type it. */
export function withSamples(document: OpenApiDocument, base: string): OpenApiDocument {
  const requests = sampleRequests(document);
  const paths = Object.entries(readable(document).paths).map(([path, item]) => {
    const operations = Object.entries(item).map(([method, op]) => {
      const request = requests.get(op.operationId);
      if (!request) return [method, op];
      const samples = LANGUAGES.flatMap(({ lang, label, write }) => {
        const source = write(request, base);
        return source === undefined ? [] : [{ lang, label, source }];
      });
      return [method, { ...op, "x-codeSamples": samples }];
    });
    return [path, Object.fromEntries(operations)];
  });
  return { ...document, paths: Object.fromEntries(paths) };
}
