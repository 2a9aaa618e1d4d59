import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { documentJson, documentYaml, type OpenApiDocument, withServer } from "../server/docs/document.ts";
import type { FileSource } from "../server/docs/file.ts";
import { readGuides } from "../server/docs/guides.ts";
import { docsPage } from "../server/docs/page.ts";
import { referenceDocument } from "../server/docs/reference.ts";
import { scalarFile, scalarVersion } from "../server/docs/scalar.ts";
import { readDocument, run, UsageError } from "./usage.ts";

const HELP = `Usage: npm run docs -- --server <url> [--out <folder>]

Writes the API reference as plain files that any file host can serve, under any path.

  --server <url>    origin of the API that readers will call, such as https://api.example.com
  --out <folder>    where the files go (dist/docs)
  --spec <file>     the OpenAPI document (spec/openapi.json)
  --help            this text

"Try it" on the page calls the API from the readers' browsers: add the origin that serves these files to
CORS_ORIGINS of the API.
`;

function serverUrl(given: string | undefined): URL {
  if (!given) throw new UsageError("Say which API the reference is of: --server https://api.example.com");
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new UsageError(`--server "${given}" is not a web address: write it whole, such as https://api.example.com`);
  }
  if (url.search || url.hash || url.username || url.password) {
    throw new UsageError(`--server "${given}": leave out credentials, "?" and "#"; the address alone is published`);
  }
  if (/\/api\/?$/.test(url.pathname)) {
    throw new UsageError(`--server "${given}": leave out the /api at its end; it is added by itself`);
  }
  return url;
}

async function write(folder: string, name: string, file: FileSource): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.text);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      server: { type: "string" },
      out: { type: "string", default: "dist/docs" },
      spec: { type: "string", default: "spec/openapi.json" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const server = serverUrl(values.server);
  const origin = `${server.origin}${server.pathname.replace(/\/+$/, "")}`;
  const base = `${origin}/api`;
  const document = withServer(await readDocument<OpenApiDocument>(values.spec), base);
  const page = docsPage({
    documentUrl: "./reference.json",
    scriptUrl: `./assets/scalar.js?v=${await scalarVersion()}`,
    apiOrigin: server.origin,
  });
  await write(values.out, "index.html", page);
  await write(values.out, "assets/scalar.js", await scalarFile());
  const reference = referenceDocument(document, await readGuides(), { origin, documents: "./" });
  await write(values.out, "reference.json", documentJson(reference, 0));
  await write(values.out, "openapi.json", documentJson(document));
  await write(values.out, "openapi.yaml", documentYaml(document));
  process.stdout.write(`The reference of ${base} is in ${resolve(values.out)}\n`);
  process.stdout.write(
    `Add the origin that will serve it to CORS_ORIGINS of that API, so that "try it" works there.\n`,
  );
}

await run("docs", main);
