import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";

let postgres: EmbeddedPostgres;
let folder: string;
let file: string;
let count = 0;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "export-test-"));
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, "data") });
  await migrateDatabase(postgres.url);
});
afterAll(async () => {
  await postgres?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  file = path.join(folder, `backup-${++count}.gz`);
});

async function command(name: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [`scripts/${name}.ts`, ...args], { env: { ...process.env, ...env } });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, out, err };
}

describe("the commands db:export and db:import", () => {
  test("back up a running server, refuse to import under it, and carry the backup to a new folder", async () => {
    const [live, empty] = ["data", "new"].map((name) => ({ DATABASE_URL: "", DATA_DIR: path.join(folder, name) }));
    const exported = await command("db-export", ["--file", file, "--json"], live);
    expect(exported).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(exported.out)).toMatchObject({ file, tables: expect.any(Number) });

    const refused = await command("db-import", ["--file", file, "--json"], live);
    expect(refused).toMatchObject({ code: 1, out: "" });
    const { error } = JSON.parse(refused.err);
    expect(error).toMatchObject({ code: "FOLDER_IN_USE", message: expect.stringContaining(`process ${process.pid}`) });

    expect(await command("db-import", ["--file", file, "--json"], empty)).toEqual(exported);
  });

  test("say what is wrong without a stack, by exit code and in a sentence", async () => {
    const env = { DATABASE_URL: "", DATA_DIR: path.join(folder, "none") };
    const nothing = await command("db-export", ["--file", file], env);
    expect(nothing).toMatchObject({ code: 2, err: expect.stringMatching(/no database in the folder .*DATA_DIR/) });
    fs.writeFileSync(file, "no export");
    const broken = await command("db-import", ["--file", file], { DATABASE_URL: postgres.url });
    expect(broken.code).toBe(1);
    expect(broken.err).toMatch(/^db:import failed: .* is not a whole export .*older one\.\n$/);
    const missing = await command("db-import", ["--file", `${file}.no`], { DATABASE_URL: postgres.url });
    expect(missing).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be read \(ENOENT.*Check its path/) });
    const away = await command("db-export", ["--file", `${file}.no`], { DATABASE_URL: "postgres://localhost:1/no" });
    expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be reached .*Check DATABASE_URL/) });
    expect(await command("db-export", [], {})).toMatchObject({ code: 2, err: expect.stringContaining("--file") });
    const help = await command("db-import", ["--help"], {});
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining("--replace") });
  });
});
