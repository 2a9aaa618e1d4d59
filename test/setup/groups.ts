import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const tests = fileURLToPath(new URL("..", import.meta.url));

/** Folders whose files leave the process as they found it: their servers are closed, and nothing of Node's is replaced. */
const FOLDERS = [
  "accounts",
  "api-keys",
  "audit",
  "auth",
  "billing",
  "brands",
  "kit-engine",
  "mcp",
  "oauth",
  "organizations",
  "outbound",
  "personas",
  "plans",
  "profile",
  "sources",
  "spec-kit",
  "sync",
  "uploads",
  "webhooks",
];

/** Files of these folders that start programs, watch the whole process, or hold its clock or its environment. */
const ALONE = new Set([
  "auth/login",
  "billing/check",
  "kit-engine/books",
  "kit-engine/command",
  "kit-engine/could-not-run",
  "kit-engine/generate-curl",
  "kit-engine/known",
  "outbound/limits",
  "outbound/tls",
  "spec-kit/document",
  "sync/crash",
  "sync/read-feed",
  "webhooks/recovery",
]);

/** The files, from the root of the repository, that are run one after another in the same processes. */
export const TOGETHER: string[] = FOLDERS.flatMap((folder) =>
  readdirSync(`${tests}${folder}`)
    .filter((file) => file.endsWith(".test.ts") && !ALONE.has(`${folder}/${file.slice(0, -".test.ts".length)}`))
    .map((file) => `test/${folder}/${file}`),
);
