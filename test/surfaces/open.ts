import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenApiDocument } from "../kit/document.ts";
import { runMock } from "../mock/process.ts";
import { PUBLIC_URL, type TestApp } from "../setup/app.ts";
import { type Case, spread } from "./cases.ts";
import { commandLine, inProcess } from "./command-line.ts";
import { mcp } from "./mcp.ts";
import { MockJudge } from "./mock.ts";
import { rawHttp } from "./raw.ts";
import { spawned } from "./spawned.ts";
import type { Surface } from "./surface.ts";
import { typedClient } from "./typed-client.ts";

/** Every way to call the API. The first is what the others are held to, and always runs. */
export const SURFACES = ["http", "client", "cli", "mcp", "mock"] as const;
export type SurfaceName = (typeof SURFACES)[number];

export type Opened = {
  readonly surfaces: readonly Surface[];
  readonly mock?: MockJudge;
  /** To be told of the cases, before they run: some of the command line's run in processes of their own. */
  onCases(cases: readonly Case[]): void;
  close(): Promise<void>;
};

/** Opens surfaces of a server in this process. `spawns` cases of the command line are processes. */
export async function openSurfaces(
  app: TestApp,
  document: OpenApiDocument,
  wanted: ReadonlySet<SurfaceName>,
  { spawns, seed }: { spawns: number; seed: number },
): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "reelmark-surfaces-"));
  const apart = wanted.has("cli") && spawns > 0 ? await spawned(folder, app.fetch) : undefined;
  const mock = wanted.has("mock") ? await runMock("spec/openapi.json") : undefined;
  const here = inProcess(PUBLIC_URL, folder, app.fetch);
  let dear: ReadonlySet<unknown> = new Set();
  const made: Record<Exclude<SurfaceName, "mock">, () => Surface> = {
    http: () => rawHttp(`${PUBLIC_URL}/api`, app.fetch),
    client: () => typedClient(`${PUBLIC_URL}/api`, app.fetch),
    cli: () => commandLine((call) => (apart && dear.has(call) ? apart.run : here)),
    // /mcp is beside the API: its answers are no operation's, and those behind it are checked by the server.
    mcp: () => mcp(`${PUBLIC_URL}/mcp`, async (request) => app.app.fetch(request)),
  };
  return {
    surfaces: (["http", "client", "cli", "mcp"] as const)
      .filter((name) => name === "http" || wanted.has(name))
      .map((name) => made[name]()),
    ...(mock ? { mock: new MockJudge(`${mock.url}/api`, document, fetch) } : {}),
    onCases(cases) {
      dear = new Set([...spread(cases, spawns, seed)].flatMap(({ calls }) => calls.slice(0, 1)));
    },
    async close() {
      await apart?.close();
      await mock?.interrupt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
