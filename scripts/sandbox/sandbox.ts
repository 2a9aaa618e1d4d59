import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { getAhead, setAhead } from "./clock.ts";
import type { Cluster } from "./database.ts";
import { openGate } from "./gate.ts";
import { Outbox } from "./outbox.ts";
import { type Seed, seed } from "./seed.ts";
import { openWorld, type World, type WorldOptions } from "./world.ts";

/** How long a move of the clock waits for the jobs that it made due, in milliseconds. */
const SETTLE_MS = 10_000;
const TEMPLATE = "seed";

export type Sandbox = {
  /** The present world. A reset makes another. */
  world(): World;
  /** Counts resets. */
  readonly generation: number;
  readonly seeded: Awaited<ReturnType<typeof seed>>;
  /** Answers a request to the API, once nothing is being moved or reset. */
  fetch(request: Request, env: object): Promise<Response>;
  /**
   * Moves the clock to the moment that `target` makes of the present one, both in Unix milliseconds, and waits for what that
   * made due. False when some still is. Rejects with what `target` throws, and nothing was moved.
   */
  move(target: (nowMs: number) => number): Promise<boolean>;
  /** Puts everything back to the seed, the clock to the present. */
  reset(): Promise<void>;
  close(): Promise<void>;
};

export type SandboxOptions = Pick<WorldOptions, "publicUrl" | "log"> & {
  readonly cluster: Cluster;
  readonly seed: Seed;
  /** Ends the making of the seed; `openSandbox` rejects with its reason, and nothing stays open. */
  readonly signal: AbortSignal;
};

/** Makes the seed, and opens a world on a copy of it. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { cluster, publicUrl, log, signal } = options;
  const encryptionKeys = [{ id: "sandbox", key: randomBytes(32) }];
  const filesOf = (name: string) => path.join(cluster.folder, "files", name);
  const open = (database: WorldOptions["database"], outbox: Outbox) => {
    fs.mkdirSync(filesOf(database.name), { recursive: true });
    return openWorld({ database, files: filesOf(database.name), publicUrl, encryptionKeys, outbox, log });
  };

  const template = await cluster.create(TEMPLATE);
  signal.throwIfAborted();
  const first = await open(template, new Outbox());
  const seeded = await seed(first, options.seed, publicUrl, signal).finally(() => first.close());
  signal.throwIfAborted();
  const { sent } = first.outbox;

  let copies = 0;
  const copy = async (): Promise<World> => {
    copies += 1;
    const name = `live_${copies}`;
    const database = await cluster.copy(TEMPLATE, name);
    fs.cpSync(filesOf(TEMPLATE), filesOf(name), { recursive: true });
    return open(database, new Outbox(sent));
  };
  const dropped = async (old: World): Promise<void> => {
    await old.close();
    await cluster.drop(old.database.name);
    fs.rmSync(filesOf(old.database.name), { recursive: true, force: true });
  };

  const gate = openGate();
  /** Worlds that end while the next one is in use. */
  const leaving = new Set<Promise<void>>();
  let generation = 0;
  let world = await copy();
  return {
    world: () => world,
    get generation() {
      return generation;
    },
    seeded,
    fetch: (request, env) => gate.through(() => world.app.fetch(request, env)),
    move: (target) =>
      gate.closed(async () => {
        // No job is in work while time jumps, as far as it can be waited for.
        await world.settle(SETTLE_MS / 5);
        const nowMs = Date.now();
        const stepMs = target(nowMs) - nowMs;
        await world.setAhead(getAhead() + stepMs, stepMs);
        return world.settle(SETTLE_MS);
      }),
    reset: () =>
      gate.closed(async () => {
        const old = world;
        old.app.drain();
        setAhead(0);
        world = await copy();
        generation += 1;
        const gone = dropped(old).catch((error: unknown) =>
          log.warn({ error: String(error) }, "a world was not removed"),
        );
        leaving.add(gone);
        void gone.then(() => leaving.delete(gone));
      }),
    close: () =>
      gate.closed(async () => {
        await Promise.all([world.close(), ...leaving]);
      }),
  };
}
