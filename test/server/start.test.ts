import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterEach, expect, inject, test } from "vitest";
import { freshDatabase, onDatabase } from "../setup/database.ts";
import { cleanUp, later, launch, temporaryFolder } from "./launch.ts";
import { DEFAULTS, encryptionKey, freshKey, launchServer, ready, refusedServer, startServer } from "./process.ts";

afterEach(cleanUp);

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function ownDatabase() {
  const database = await freshDatabase();
  later(() => database.drop());
  return database.url;
}

/** A port that somebody listens on. */
async function takenPort(): Promise<number> {
  const holder = net.createServer().listen(0, "127.0.0.1");
  later(() => holder.close());
  await new Promise((resolve) => holder.once("listening", resolve));
  const address = holder.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("the first start makes database and key, and the second finds what was written", async () => {
  const DATA_DIR = path.join(temporaryFolder(), "data");
  const first = await startServer({ DATA_DIR });
  const { key } = await freshKey(first);
  const brand = await first.api(key).createBrand({ body: { name: "Orange Cat", slug: "orange-cat" } });
  expect(fs.statSync(path.join(DATA_DIR, "encryption.key")).mode & 0o777).toBe(0o600);
  expect(await first.end()).toMatchObject({ code: 0, stderr: "" });

  const second = await startServer({ DATA_DIR });
  await expect(second.api(key).getBrand({ params: { brand_id: brand.id } })).resolves.toEqual(brand);
  expect((await second.line(({ msg }) => msg === "PostgreSQL is ready")).firstStart).toBe(false);
  expect(await second.end()).toMatchObject({ code: 0, stderr: "" });
});

test("a second server on the same folder is refused with the first one's pid and a way out, and harms nothing", async () => {
  const DATA_DIR = temporaryFolder();
  const first = await startServer({ DATA_DIR });
  const second = await refusedServer({ DATA_DIR });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`process ${first.child.pid}`);
  expect(second.stderr).toContain("DATABASE_URL");
  expect(second.stderr).not.toContain("    at ");
  await expect(fetch(`${first.url}/readyz`)).resolves.toMatchObject({ status: 200 });
});

test("a taken PORT or METRICS_PORT is a sentence that says what to set, and ends with 1", async () => {
  const DATABASE_URL = await ownDatabase();
  const taken = String(await takenPort());
  const env = { DATABASE_URL, ENCRYPTION_KEY: encryptionKey() };
  const api = await refusedServer({ ...env, PORT: taken });
  expect(api).toMatchObject({
    code: 1,
    stderr: `Port ${taken} on 127.0.0.1 is taken: stop what uses it, or set PORT to another\n`,
  });
  const metrics = await refusedServer({ ...env, METRICS_PORT: taken });
  expect(metrics.code).toBe(1);
  expect(metrics.stderr).toMatch(new RegExp(`^METRICS_PORT ${taken} cannot be used \\(.*\\): set another, or 0\n$`));
});

test("every wrong variable is told at once, without a stack, and nothing is started", async () => {
  const DATA_DIR = path.join(temporaryFolder(), "data");
  const wrong = {
    PORT: "70000",
    DATABASE_POOL: "many",
    DATABASE_URL: "mysql://root@localhost/x",
    PUBLIC_URL: "reelmark",
    API_KEY_PREFIX: "RM-",
    ENCRYPTION_KEY: "k1:c2hvcnQ=",
    SIGN_UP: "everybody",
    CORS_ORIGINS: "app.example.com",
    LOG_LEVEL: "loud",
  };
  const { code, stdout, stderr } = await refusedServer({ DATA_DIR, ...wrong });
  expect(code).toBe(1);
  const [first, ...rest] = stderr.trimEnd().split("\n");
  expect(first).toBe("The configuration has 9 problems:");
  expect(rest.map((line) => line.trim().split(" ")[0]).sort()).toEqual(Object.keys(wrong).sort());
  for (const line of rest) expect(line).toMatch(/must (be|have)/);
  expect(stdout).toBe("");
  expect(fs.existsSync(DATA_DIR)).toBe(false);
});

test("DATABASE_URL without ENCRYPTION_KEY says how to make one", async () => {
  const { code, stderr } = await refusedServer({ DATABASE_URL: inject("postgresUrl") });
  expect(code).toBe(1);
  expect(stderr).toContain("ENCRYPTION_KEY must be set with DATABASE_URL, the same on every server. Make one: node -e");
  expect(stderr).not.toContain("    at ");
});

test("an ENCRYPTION_KEY that does not open the database is a sentence, whether the id or the bytes are others", async () => {
  const DATABASE_URL = await ownDatabase();
  const right = encryptionKey("k1");
  await (await startServer({ DATABASE_URL, ENCRYPTION_KEY: right })).end();

  const lacking = await refusedServer({ DATABASE_URL, ENCRYPTION_KEY: encryptionKey("k2") });
  expect(lacking).toMatchObject({ code: 1 });
  expect(lacking.stderr).toMatch(/^ENCRYPTION_KEY lacks the key "k1" .* Set ENCRYPTION_KEY to k1:.*\n$/);
  const other = await refusedServer({ DATABASE_URL, ENCRYPTION_KEY: encryptionKey("k1") });
  expect(other).toMatchObject({ code: 1 });
  expect(other.stderr).toMatch(/^The key "k1" is not the one .* Set ENCRYPTION_KEY to k1:.*\n$/);

  const rotated = await startServer({ DATABASE_URL, ENCRYPTION_KEY: `${encryptionKey("k2")},${right}` });
  expect(await rotated.end()).toMatchObject({ code: 0 });
});

test("a damaged encryption.key is a sentence that names the file", async () => {
  const DATA_DIR = temporaryFolder();
  fs.writeFileSync(path.join(DATA_DIR, "encryption.key"), "");
  const { code, stderr } = await refusedServer({ DATA_DIR });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^\S+encryption\.key is damaged: .*\n$/);
});

test("a DATABASE_URL that leads nowhere, or to no account or database, is a sentence without its password", async () => {
  const free = await takenPort();
  await cleanUp();
  const refused = async (DATABASE_URL: string) => {
    const { code, stderr, stdout } = await refusedServer({ DATABASE_URL, ENCRYPTION_KEY: encryptionKey() });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout + stderr).not.toContain("s3cret");
    return stderr;
  };
  expect(await refused(`postgres://rm:s3cret@127.0.0.1:${free}/rm`)).toBe(
    `PostgreSQL at 127.0.0.1:${free} cannot be reached (ECONNREFUSED): start it, or correct DATABASE_URL\n`,
  );
  expect(await refused("postgres://rm:s3cret@nowhere.invalid/rm")).toContain("nowhere.invalid:5432 cannot be reached");
  const wrongPassword = new URL(inject("postgresUrl"));
  wrongPassword.password = "s3cret";
  expect(await refused(wrongPassword.href)).toContain('does not let "postgres" in');
  expect(await refused(onDatabase(inject("postgresUrl"), "absent"))).toContain('has no database "absent": create it');
});

test("SIGTERM during the first start ends with 0 and leaves no PostgreSQL behind", async () => {
  const DATA_DIR = temporaryFolder();
  const server = launchServer({ DATA_DIR });
  while (!fs.existsSync(path.join(DATA_DIR, "postgres.password"))) await new Promise((done) => setTimeout(done, 5));
  const { code, stdout, stderr } = await server.end();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).not.toContain("Reelmark is ready");
  expect(fs.existsSync(path.join(DATA_DIR, "postgres", "postmaster.pid"))).toBe(false);
});

test("npm start passes SIGTERM on to the server, which stops its PostgreSQL", async () => {
  const DATA_DIR = temporaryFolder();
  const npm = launch("npm", ["start"], { ...DEFAULTS, DATA_DIR });
  const server = await ready(npm);
  const { pid } = await server.line(({ msg }) => msg === "PostgreSQL is ready");
  await npm.end();
  expect(npm.log.at(-1)?.msg).toBe("stopped");
  expect(isAlive(Number(pid))).toBe(false);
});
