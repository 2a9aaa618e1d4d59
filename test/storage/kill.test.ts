import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { collect, listed, noise, STORES } from "./stores.ts";

const CHILD = fileURLToPath(new URL("./put-child.ts", import.meta.url));
const ROUNDS = 12;

test.each(STORES)(
  "%s: kill -9 at any moment loses no acknowledged object, shows no partial one, and the sweep has the rest",
  async (_, open) => {
    const store = await open();
    try {
      const { storage, config } = store;
      const acknowledged = new Set<string>();
      const begun = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        const child = spawn(process.execPath, [CHILD, JSON.stringify(config), String(round * 1_001)], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const ended = once(child, "exit");
        const reader = readline.createInterface({ input: child.stdout });
        const read = (async () => {
          for await (const line of reader) {
            const [word, key = ""] = line.split(" ");
            (word === "begun" ? begun : acknowledged).add(key);
          }
        })();
        // Some before anything was acknowledged, some after: on a busy machine no time alone would tell.
        for (let lines = 0; lines <= round % 3; lines++) await once(reader, "line");
        await sleep((round * 37) % 150);
        child.kill("SIGKILL");
        await Promise.all([ended, read]);
      }
      expect(begun.size).toBeGreaterThan(acknowledged.size);
      expect(acknowledged.size).toBeGreaterThan(0);

      const left = await listed(storage);
      const objects = new Set(left.filter(({ kind }) => kind === "object").map(({ key }) => key));
      expect([...acknowledged].filter((key) => !objects.has(key))).toEqual([]);
      for (const key of objects) {
        const n = Number(key.split("_").at(-1));
        const bytes = await collect(await storage.read(key));
        expect(bytes.equals(noise(200_000 + ((n * 7_919_393) % 14_000_000), n)), key).toBe(true);
      }
      // Nothing else lies about than what the list shows, and the sweeper can take away all of it.
      expect(left.some(({ kind }) => kind === "parts")).toBe(true);
      for (const one of left) {
        if (one.kind === "parts") await storage.abortParts(one.key, one.handle);
        else await storage.delete(one.key);
      }
      expect(await listed(storage)).toEqual([]);
      await expect(store.remains()).resolves.toEqual([]);
    } finally {
      await store.close();
    }
  },
  120_000,
);
