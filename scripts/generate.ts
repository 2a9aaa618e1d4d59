import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { SETTINGS } from "../server/config.ts";
import { reelmarkWorkflows } from "../spec/arazzo.ts";
import { reelmarkDocument } from "../spec/document.ts";
import { contract } from "../spec/index.ts";
import { operationsModule } from "./generate/client.ts";
import { marked } from "./generate/markdown.ts";
import { roleOperationsTable, roleScopesTable } from "./generate/roles.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function put(name: string, text: string): Promise<void> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  const present = await readFile(file, "utf8").catch(() => undefined);
  if (present !== text) await writeFile(file, text);
  console.log(`${present === text ? "same   " : "written"} ${name}`);
}

function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(
    ([name, { shown, about }]) => `| \`${name}\` | ${shown && `\`${shown}\``} | ${about} |`,
  );
  return ["| variable | default | what it does |", "| --- | --- | --- |", ...rows].join("\n");
}

const HEADER = "// Made by `npm run generate` from spec/. Do not edit.\n";

const document = reelmarkDocument();
await put("spec/openapi.json", `${JSON.stringify(document, null, 2)}\n`);
await put("spec/arazzo.json", `${JSON.stringify(reelmarkWorkflows(), null, 2)}\n`);
// --default-non-nullable would make body fields with a default required. The generator takes the document as it is; its
// parameter type is a stricter reading of OpenAPI than the document's own.
const types = await openapiTS(JSON.stringify(document), { defaultNonNullable: false, alphabetize: false });
await put("client/generated/schema.ts", HEADER + astToString(types));
await put("client/generated/operations.ts", HEADER + operationsModule(contract));
const readme = await readFile(path.join(root, "README.md"), "utf8");
await put("README.md", marked(readme, "settings", settingsTable()));
const roles = await readFile(path.join(root, "spec/guides/roles.md"), "utf8");
const withScopes = marked(roles, "role-scopes", roleScopesTable());
await put("spec/guides/roles.md", marked(withScopes, "role-operations", roleOperationsTable(contract)));
