import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStorage } from "../../server/storage/open.ts";
import { type LocalStore, listed, noise, openLocal, streamed } from "./stores.ts";

let store: LocalStore;
beforeEach(async () => {
  store = await openLocal();
});
afterEach(() => store.close());

test("files and folders are this user's alone", async () => {
  const { storage, folder } = store;
  await storage.put("org_1/upl_1", streamed(noise(10)));
  const { handle } = await storage.createParts("org_1/upl_2");
  await storage.putPart("org_1/upl_2", handle, 1, streamed(noise(10)), 10);
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  expect(entries.filter((entry) => entry.isFile())).toHaveLength(2);
  for (const entry of entries) {
    const { mode } = await fs.stat(path.join(entry.parentPath, entry.name));
    expect(mode & 0o777, entry.name).toBe(entry.isFile() ? 0o600 : 0o700);
  }
  expect((await fs.stat(folder)).mode & 0o777).toBe(0o700);
});

test("a folder that cannot be used is a sentence at start that says what to set", async () => {
  const file = path.join(store.folder, "a-file");
  await fs.writeFile(file, "");
  const storage = await openStorage({ kind: "local", folder: path.join(file, "below") });
  await expect(storage.check()).rejects.toThrow(/a-file.below, cannot be used .*ENOTDIR.* set STORAGE_DIR to another/);
  await expect(storage.check()).rejects.toMatchObject({ name: "StartError" });
  await expect(storage.put("org_1/upl_1", streamed(noise(1)))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("a disk that takes no more is said to be full, and nothing is left of what did not fit", async () => {
  // A limit on the size of files, in kB: the nearest to a full disk that needs no rights.
  const script = `
    import { openStorage } from ${JSON.stringify(fileURLToPath(new URL("../../server/storage/open.ts", import.meta.url)))};
    const storage = await openStorage(${JSON.stringify(store.config)});
    const bytes = async function* () { for (let i = 0; i < 100; i++) yield Buffer.alloc(10_000); };
    const { handle } = await storage.createParts("org_1/upl_2");
    for (const put of [() => storage.put("org_1/upl_1", bytes()), () => storage.putPart("org_1/upl_2", handle, 1, bytes(), 1_000_000)])
      await put().catch((error) => console.log(error.code, error.message));
    console.log(JSON.stringify(await storage.parts("org_1/upl_2", handle)));`;
  const limited = ["-c", 'ulimit -f 200; exec "$0" "$@"', process.execPath, "--input-type=module", "-e", script];
  const { stdout } = await promisify(execFile)("bash", limited);
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(/^FULL The folder .* make room, or set STORAGE_DIR to a larger disk$/),
    expect.stringMatching(/^FULL /),
    "[]",
  ]);
  expect(await listed(store.storage)).toEqual([{ kind: "parts", key: "org_1/upl_2", handle: expect.any(String) }]);
  const files = await fs.readdir(store.folder, { recursive: true, withFileTypes: true });
  expect(files.filter((entry) => entry.isFile())).toEqual([]);
});

test("an upload's handle cannot lead out of the folder", async () => {
  await store.storage.put("org_1/upl_1", streamed(noise(10)));
  for (const handle of ["../../objects", "..", "x/../../../objects/org_1/upl_1", "", "."]) {
    await expect(store.storage.abortParts("org_1/upl_1", handle)).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
  expect(await store.storage.size("org_1/upl_1")).toBe(10);
});

test("a reader that stops early closes its file", async () => {
  await store.storage.put("org_1/upl_1", streamed(noise(3_000_000)));
  const open = async () => {
    const links = (await fs.readdir("/proc/self/fd")).map((fd) => fs.readlink(`/proc/self/fd/${fd}`).catch(() => ""));
    return (await Promise.all(links)).filter((file) => file.startsWith(store.folder)).length;
  };
  const bytes = await store.storage.read("org_1/upl_1");
  expect(await open()).toBe(1);
  for await (const _ of bytes) break;
  await expect.poll(open).toBe(0);
  (await store.storage.read("org_1/upl_1")).destroy();
  await expect.poll(open).toBe(0);
});

test("files that others put there are not listed, and do not break the list", async () => {
  const { storage, folder } = store;
  await storage.put("org_1/upl_1", streamed(noise(10)));
  await fs.writeFile(path.join(folder, "objects", ".DS_Store"), "");
  await fs.writeFile(path.join(folder, "objects", "org_1", "Notes.txt"), "");
  await fs.mkdir(path.join(folder, "objects", "org_1", "upl_2"));
  await fs.writeFile(path.join(folder, "parts", "notes"), "");
  expect(await listed(storage)).toEqual([{ kind: "object", key: "org_1/upl_1" }]);
});
