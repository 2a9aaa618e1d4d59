import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { reelmarkWorkflows } from "../spec/arazzo.ts";
import { reelmarkDocument } from "../spec/document.ts";
import { contract } from "../spec/index.ts";
import type { Document } from "../spec/kit/document.ts";
import { oauthDocument } from "../spec/oauth-document.ts";
import { commandsModule } from "./generate/cli.ts";
import { operationsModule } from "./generate/client.ts";
import { guideTables, settingsTable } from "./generate/guides.ts";
import { marked } from "./generate/markdown.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function put(name: string, text: string): Promise<void> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  const present = await readFile(file, "utf8").catch(() => undefined);
  if (present !== text) await writeFile(file, text);
  console.log(`${present === text ? "same   " : "written"} ${name}`);
}

/** The document without the examples of lists. */
function withoutLists(document: Document): Document {
  const copy = structuredClone(document);
  for (const schema of Object.values(copy.components.schemas ?? {})) {
    if (typeof schema !== "object" || schema === null || Array.isArray(schema)) continue;
    const { properties } = schema;
    if (typeof properties === "object" && properties !== null && "data" in properties) delete schema.examples;
  }
  return copy;
}

const HEADER = "// Made by `npm run generate` from spec/. Do not edit.\n";

const document = reelmarkDocument();
await put("spec/openapi.json", `${JSON.stringify(document, null, 2)}\n`);
await put("spec/oauth.json", `${JSON.stringify(oauthDocument(), null, 2)}\n`);
await put("spec/arazzo.json", `${JSON.stringify(reelmarkWorkflows(), null, 2)}\n`);
// --default-non-nullable would make body fields with a default required. The generator takes the document as it is; its
// parameter type is a stricter reading of OpenAPI than the document's own.
// Hovering over a list, nobody wants to read all that the mock answers: its items have examples of their own.
const types = await openapiTS(JSON.stringify(withoutLists(document)), {
  defaultNonNullable: false,
  alphabetize: false,
});
await put("client/generated/schema.ts", HEADER + astToString(types));
await put("client/generated/operations.ts", HEADER + operationsModule(contract));
await put("client/cli/generated/commands.ts", HEADER + commandsModule(document));
for (const [file, tables] of Object.entries({ "README.md": { settings: settingsTable() }, ...guideTables(contract) })) {
  let text = await readFile(path.join(root, file), "utf8");
  for (const [mark, inside] of Object.entries(tables)) text = marked(text, mark, inside);
  await put(file, text);
}
