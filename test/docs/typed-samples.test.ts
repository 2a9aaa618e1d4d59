import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readGuides } from "../../server/docs/guides.ts";
import { sampleRequests } from "../../server/docs/samples/samples.ts";
import { typescriptSample } from "../../server/docs/samples/typescript.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { blocksOf } from "./guides.ts";
import { run } from "./samples.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript7/bin/tsc");
/** What the guides' pieces of programs speak of without making it. */
const GIVEN = `import type { Client } from "@reelmark/client";
declare global {
  const api: Client;
  const source_id: string;
  const request: Request;
}`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "typed-samples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the compiler says of some files, as a strict project that has installed the client would have it: one program over all. */
async function complaints(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.ts`), `${text}\n`);
  const project = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      paths: { "@reelmark/client": [join(ROOT, "client/index.ts")] },
      typeRoots: [join(ROOT, "node_modules/@types")],
      // A sample is a part of a program, which need not use all that it shows.
      noUnusedLocals: false,
    },
    include: [],
    files: Object.keys(files).map((name) => `${name}.ts`),
  };
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(project));
  const { stdout, status } = await run(process.execPath, [TSC, "-p", "tsconfig.json"], { cwd: folder });
  const lines = stdout.split("\n").filter((line) => line.includes("error TS"));
  if (status !== 0 && lines.length === 0) throw new Error(`tsc ended with ${status}: ${stdout}`);
  return lines;
}

describe("TypeScript that the reference shows", () => {
  test("has the client's types: every operation's sample, and every block of the guides", async () => {
    const samples = [...sampleRequests(reelmarkDocument())].map(
      ([id, request]) => [id, typescriptSample(request, "http://127.0.0.1:3000/api")] as const,
    );
    const shown: [string, string][] = [];
    const guides = (await readGuides()).filter(({ name }) => name !== "changelog");
    for (const { name } of guides) {
      const blocks = (await blocksOf(name)).filter(({ language, word }) => language === "ts" && word === "");
      for (const { text, line } of blocks) shown.push([`${name}-${line}`, `${text}\nexport {};`]);
    }
    expect([samples.length > 90, shown.length > 3]).toEqual([true, true]);
    expect(await complaints(Object.fromEntries([["given", GIVEN], ...samples, ...shown]))).toEqual([]);
  }, 60_000);

  test("is refused where it asks for what is not there", async () => {
    const request = sampleRequests(reelmarkDocument()).get("createBrand");
    if (!request) throw new Error("There is no createBrand any more: take another operation");
    const sample = typescriptSample(request, "http://127.0.0.1:3000/api");
    const [wrong, none] = [sample.replace("slug:", "slugg:"), sample.replace("createBrand", "makeBrand")];
    const found = await complaints({ wrong, none });
    expect(found).toEqual([expect.stringMatching(/^none\.ts.*makeBrand/), expect.stringMatching(/^wrong\.ts.*slugg/)]);
  }, 60_000);
});
