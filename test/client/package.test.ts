import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "../../server/kit/serve.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { type Consumer, nodes, openConsumer, root, run } from "./consumer.ts";

let consumer: Consumer;
let app: TestApp;
beforeAll(async () => {
  [consumer, app] = await Promise.all([openConsumer(), openTestApp()]);
}, 120_000);
afterAll(() => Promise.all([consumer?.remove(), app?.close()]));

const packed = async () => Uint8Array.from(await readFile(consumer.tarball));

test("an empty project gets the client and openapi-fetch, and no more", async () => {
  const installed = await readdir(join(consumer.folder, "node_modules"));
  expect(installed.filter((name) => !name.startsWith(".")).sort()).toEqual([
    "@reelmark",
    "openapi-fetch",
    // Types alone: openapi-fetch's own.
    "openapi-typescript-helpers",
  ]);
  const files = await readdir(join(consumer.folder, "node_modules/@reelmark/client"), { recursive: true });
  expect(files.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))).toEqual([]);
});

test("publint has nothing to say", async () => {
  const { messages, pkg } = await publint({ pack: { tarball: (await packed()).buffer }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test("its types are right for every way of resolving", async () => {
  const analysis = await checkPackage(createPackageFromTarballData(await packed()));
  if (!analysis.types) throw new Error("The package has no types");
  // CommonJS can import it, as Node says, and not require it.
  const problems = analysis.problems.filter(({ kind }) => kind !== "CJSResolvesToESM");
  expect(problems).toEqual([]);
});

const SCRIPT = `
import { ApiError, createClient, verifyWebhook } from "@reelmark/client";
const api = createClient({ baseUrl: process.env.BASE_URL, token: process.env.TOKEN });
const brand = await api.createBrand({ body: { name: "Packed", slug: process.env.SLUG } });
const names = [];
for await (const { name } of api.listBrands.all()) names.push(name);
const upload = await api.upload(new Blob(["# A file"]), { filename: "a.md" });
const error = await api.getBrand({ params: { brand_id: "brd_0" } }).catch((error) => error);
const { data } = await api.GET("/v1/brands/{brand_id}", { params: { path: { brand_id: brand.id } } });
const refused = await verifyWebhook("{}", {}, "whsec_AAAA").catch((error) => error.message);
console.log(JSON.stringify([names, upload.type, error instanceof ApiError && error.code, data.slug, refused]));
`;

test("a plain script runs on it, against a server on loopback", async () => {
  const { token } = await freshOrganization(app);
  const server = await serve({ fetch: app.fetch, host: "127.0.0.1", port: 0 });
  await writeFile(join(consumer.folder, "script.mjs"), SCRIPT);
  for (const [at, node] of nodes.entries()) {
    const env = { BASE_URL: `${server.url}/api`, TOKEN: token, SLUG: `packed-${at}` };
    const output = await run(node, ["script.mjs"], consumer.folder, env);
    expect(JSON.parse(output)).toEqual([
      Array(at + 1).fill("Packed"),
      "text/markdown",
      "VALIDATION_ERROR",
      env.SLUG,
      "No signature of the last 5 minutes fits",
    ]);
  }
  await server.close(0);
});

const TYPED = `
import { ApiError, createClient, type components, verifyWebhook } from "@reelmark/client";
const api = createClient({ baseUrl: "http://x/api" });
export const brand: Promise<components["schemas"]["Brand"]> = api.createBrand({ body: { name: "a", slug: "a" } });
export async function told(payload: string, headers: Headers) {
  const event = await verifyWebhook(payload, headers, "whsec_");
  return event.type === "upload.ready" ? event.data.filename : event.id;
}
export const code = (error: unknown) => error instanceof ApiError && error.code === "VALIDATION_ERROR" && error.details.issues[0];
// @ts-expect-error a brand has a name
api.createBrand({ body: { slug: "a" } });
`;

const GIVEN = `
declare const file: File, id: string, source_id: string, baseUrl: string, token: string, signal: AbortSignal, request: Request;
declare global { namespace NodeJS { interface ProcessEnv { REELMARK_TOKEN: string; WEBHOOK_SECRET: string } } }
`;

/** What the README shows, as one module. */
async function readme(): Promise<string> {
  const text = await readFile(join(root, "client/README.md"), "utf8");
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  expect(blocks.length).toBeGreaterThan(3);
  return GIVEN + blocks.join("\n");
}

const nodeTypes = dirname(createRequire(import.meta.url).resolve("@types/node/package.json"));

test.each([
  // Two compilers, and the types of Node or of a browser.
  ["nodenext", "es2022", "typescript7/bin/tsc", ["--types", nodeTypes]],
  ["bundler", "es2022,dom", "typescript/bin/tsc", []],
])(
  "a typed project, and what the README shows, compile with %s modules and nothing skipped",
  async (resolution, lib, compiler, types) => {
    const files = [`typed-${resolution}.ts`];
    await writeFile(join(consumer.folder, `typed-${resolution}.ts`), TYPED);
    // It shows a program of Node.
    if (types.length > 0) {
      files.push("readme.ts");
      await writeFile(join(consumer.folder, "readme.ts"), await readme());
    }
    const module = resolution === "bundler" ? "esnext" : resolution;
    const how = ["--target", "es2022", "--lib", lib, "--module", module, "--moduleResolution", resolution];
    const tsc = join(root, "node_modules", compiler);
    await run(
      process.execPath,
      [tsc, "--noEmit", "--strict", "--skipLibCheck", "false", ...how, ...types, ...files],
      consumer.folder,
    );
  },
  60_000,
);

test("a bundle that verifies webhooks has nothing of the rest", async () => {
  const file = join(consumer.folder, "hook.mjs");
  await writeFile(file, 'export { verifyWebhook } from "@reelmark/client";');
  const bundle = await rolldown({ input: file, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm" });
  const modules = output[0].moduleIds.map((id) => id.replace(/.*node_modules./, ""));
  expect(output[0].code).not.toMatch(/openapi|ApiError|createClient|Request\b|personas/);
  expect(output[0].code.length).toBeLessThan(2500);
  expect(modules.filter((id) => id.startsWith("openapi-fetch"))).toEqual([]);
});
