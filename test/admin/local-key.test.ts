import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { localKey, rotateLocalKey } from "../../server/local-key.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { type Run, start } from "./cli.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-admin-"));
  fs.chmodSync(folder, 0o755);
  file = path.join(folder, "encryption.key");
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const lines = () => fs.readFileSync(file, "utf8").trim().split("\n");

describe("rotateLocalKey", () => {
  test("keeps the old key, after the new one, until everything is moved", async () => {
    const [old] = localKey(folder);
    const [fresh] = await rotateLocalKey(folder, 1_000, async (keys) => {
      expect(keys).toHaveLength(2);
      expect(keys[1]).toEqual(old);
      expect(localKey(folder)).toEqual(keys);
      return keys;
    });
    expect(localKey(folder)).toEqual([fresh]);
    expect(fresh?.id).not.toBe(old?.id);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  test("goes on with the same new key after it was cut off, and leaves no key that was being written", async () => {
    localKey(folder);
    const cut = rotateLocalKey(folder, 1_000, () => Promise.reject(new Error("cut off")));
    await expect(cut).rejects.toThrow("cut off");
    const both = localKey(folder);
    expect(both).toHaveLength(2);
    fs.writeFileSync(`${file}.12345.tmp`, "local:half");

    await rotateLocalKey(folder, 2_000, async (keys) => expect(keys).toEqual(both));
    expect(localKey(folder)).toEqual(both.slice(0, 1));
    expect(fs.readdirSync(folder)).toEqual(["encryption.key"]);
  });

  test.each([
    ["is empty", ""],
    ["holds something else", "hello\n"],
    ["holds half of a key", `local:${Buffer.alloc(31).toString("base64")}\n`],
    ["holds two keys of one name", `${Buffer.alloc(32).toString("base64")}\n`.repeat(2)],
  ])("refuses, as the server does, when the file %s", async (_what, text) => {
    fs.writeFileSync(file, text);
    expect(() => localKey(folder)).toThrow(/encryption\.key is damaged: put back the copy/);
    await expect(rotateLocalKey(folder, 1_000, async () => {})).rejects.toThrow(/is damaged/);
    expect(fs.readFileSync(file, "utf8")).toBe(text);
  });
});

describe("rotate-encryption-key on an embedded database", () => {
  const admin = (...args: string[]) => start(args, { env: { DATA_DIR: folder } });

  /** The server on the folder, as it starts by itself. */
  async function serving(work: (app: TestApp) => Promise<void>): Promise<void> {
    const postgres = await startEmbeddedPostgres({ dataDir: folder });
    try {
      const app = await openTestApp({ databaseUrl: postgres.url, encryptionKeys: localKey(folder) });
      await work(app).finally(() => app.close());
    } finally {
      await postgres.stop();
    }
  }

  test("is refused under a running server, survives a kill at any moment, and ends with the new key alone", async () => {
    const made = await admin("create-user", "--email", "a@reelmark.example", "--name", "A", "--json").ended;
    expect(made).toMatchObject({ code: 0, err: "" });
    const { email, password } = JSON.parse(made.out);
    let refresh = "";
    await serving(async (app) => {
      refresh = (await app.api().login({ body: { email, password } })).refresh_token;
      const refused: Run = await admin("rotate-encryption-key").ended;
      expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/in use by process \d+\. Stop it first/) });
      // Another command does its work meanwhile.
      expect(await admin("list-organizations").ended).toMatchObject({ code: 0 });
    });
    const before = lines();
    expect(before).toHaveLength(1);
    const alive = async (app: TestApp) => {
      refresh = (await app.api().refreshSession({ body: { refresh_token: refresh } })).refresh_token;
    };

    for (const delay of [0, 10, 40]) {
      const { child, ended } = admin("rotate-encryption-key");
      // From the moment on that the file changes, values are being moved.
      await expect.poll(lines, { timeout: 20_000, interval: 2 }).not.toEqual(before);
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await ended;
      await serving(alive);
      if (lines().length === 1) break;
    }

    expect(await admin("rotate-encryption-key").ended).toMatchObject({ code: 0, err: "" });
    expect(lines()).toHaveLength(1);
    expect(lines()).not.toEqual(before);
    await serving(alive);
  }, 120_000);
});
