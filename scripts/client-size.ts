/** `scripts/client-size.ts`: what the client weighs in an application that uses all of it. Fails above the budget. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { contract } from "../spec/index.ts";

/** Bytes for the runtime, openapi-fetch counted in, and for each operation (minified, gzip -9). */
const BUDGET = { runtime: 5000, operation: 10 } as const;

const client = fileURLToPath(new URL("../client/index.ts", import.meta.url));

/** Bundles what `code` imports of the client, as an application's bundler would. Returns the text and its size in gzip. */
async function bundled(code: string): Promise<{ text: string; bytes: number }> {
  const entry = "\0entry";
  const bundle = await rolldown({
    input: entry,
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId(id, importer) {
          if (id === entry) return id;
          // The entry is in no folder: what it imports is found from the client.
          return importer === entry ? this.resolve(id, client) : null;
        },
        load: (id) => (id === entry ? code.replace("@reelmark/client", client) : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, comments: false });
  await bundle.close();
  const text = output[0].code;
  return { text, bytes: gzipSync(text, { level: 9 }).byteLength };
}

const operations = Object.keys(contract).length;
const budget = BUDGET.runtime + BUDGET.operation * operations;
const parts = {
  "all of it": 'export * from "@reelmark/client"',
  "createClient alone": 'export { createClient } from "@reelmark/client"',
  "verifyWebhook alone": 'export { verifyWebhook } from "@reelmark/client"',
  "of which openapi-fetch": 'export { default } from "openapi-fetch"',
};
const sizes: Record<string, number> = {};
for (const [name, code] of Object.entries(parts)) {
  const { text, bytes } = await bundled(code);
  sizes[name] = bytes;
  console.log(`${name.padEnd(24)} ${String(text.length).padStart(6)} B  ${String(bytes).padStart(5)} B gzip`);
}
const all = sizes["all of it"] ?? Number.POSITIVE_INFINITY;
console.log(
  `budget: ${BUDGET.runtime} + ${operations} operations of ${BUDGET.operation} = ${budget} B; ${budget - all} B left`,
);
if (all > budget) {
  console.error("The client is too heavy: find what it can do without, or in fewer words.");
  process.exitCode = 1;
}
