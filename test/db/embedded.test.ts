import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  findRunningPostgres,
  startEmbeddedPostgres,
} from "../../server/db/embedded.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "embedded-test-"));
  cleanUp.push(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, ...options });
  cleanUp.push(() => postgres.stop());
  return postgres;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {}); // a test may kill the server under it
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A server process that starts on `dataDir`, says `started`, then acknowledges every row it inserted on its own line. */
function spawnWriter(dataDir: string) {
  const script = `
    import pg from ${JSON.stringify(import.meta.resolve("pg"))};
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL("../../server/db/embedded.ts", import.meta.url))};
    const postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} }).catch((error) => {
      console.log("refused " + error.message);
      process.exit(1);
    });
    const pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
    await pool.query("CREATE TABLE IF NOT EXISTS acknowledged (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)");
    console.log("started " + postgres.pid);
    const insert = async () => {
      for (;;) {
        const { rows } = await pool.query("INSERT INTO acknowledged DEFAULT VALUES RETURNING id");
        process.stdout.write("row " + rows[0].id + "\\n");
      }
    };
    await Promise.all([insert(), insert(), insert(), insert()]);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanUp.push(() => kill(child));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

async function nextLine({ lines }: ReturnType<typeof spawnWriter>): Promise<string> {
  const { value } = await lines.next();
  return value ?? "end of output";
}

describe("an embedded PostgreSQL", () => {
  test("makes a UTF-8 database with checksums on the first start, and finds its rows on the next", async () => {
    const dataDir = path.join(temporaryFolder(), "data");
    const first = await start(dataDir);
    expect(first.firstStart).toBe(true);
    const [settings] = await query(
      first.url,
      `SELECT current_user AS role, pg_encoding_to_char(encoding) AS encoding, datlocale,
         current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync,
         current_setting('TimeZone') AS zone, current_setting('listen_addresses') AS addresses,
         current_setting('max_connections') AS connections
       FROM pg_database WHERE datname = 'reelmark' AND datname = current_database()`,
    );
    expect(settings).toEqual({
      ...{ role: "postgres", encoding: "UTF8", datlocale: "C.UTF-8", checksums: "on", fsync: "on" },
      ...{ zone: "UTC", addresses: "", connections: "100" },
    });
    await query(first.url, "CREATE TABLE kept AS SELECT 'ünïcode' AS word");
    await first.stop();

    const second = await start(dataDir, { maxConnections: 17 });
    expect(second.firstStart).toBe(false);
    expect(await query(second.url, "SELECT word FROM kept")).toEqual([{ word: "ünïcode" }]);
    expect(await query(second.url, "SHOW max_connections")).toEqual([{ max_connections: "17" }]);
  });

  test("keeps the password and the folder to their owner, and asks for the password", async () => {
    const dataDir = path.join(temporaryFolder(), "data");
    const { url } = await start(dataDir);
    expect(fs.statSync(path.join(dataDir, "postgres.password")).mode & 0o777).toBe(0o600);
    expect(fs.statSync(dataDir).mode & 0o777).toBe(0o700);
    const wrong = new URL(url);
    wrong.password = "guess";
    await expect(query(wrong.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
  });

  test("stops once, however often it is asked, and gives folder and socket free", async () => {
    const dataDir = temporaryFolder();
    const onExit = vi.fn();
    const postgres = await start(dataDir, { onExit });
    const socketFolder = new URL(postgres.url).searchParams.get("host") ?? "";
    expect(fs.existsSync(socketFolder)).toBe(true);
    await Promise.all([postgres.stop(), postgres.stop()]);
    await postgres.stop();
    expect(() => process.kill(postgres.pid, 0)).toThrow("ESRCH");
    expect(fs.existsSync(socketFolder)).toBe(false);
    expect(findRunningPostgres(dataDir)).toBeUndefined();
    expect(onExit).not.toHaveBeenCalled();
  });

  test("refuses a second server on its folder, naming the process and DATABASE_URL, and stays reachable", async () => {
    const dataDir = temporaryFolder();
    const { url } = await start(dataDir);
    const other = spawnWriter(dataDir);
    const answer = await nextLine(other);
    expect(answer).toContain("refused");
    expect(answer).toContain(`process ${process.pid}`);
    expect(answer).toContain("DATABASE_URL");
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: "FOLDER_IN_USE" });
    expect(findRunningPostgres(dataDir)).toBe(url);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("is started by exactly one of three servers that start on a new folder at once", async () => {
    const dataDir = temporaryFolder();
    const answers = await Promise.all([1, 2, 3].map(() => nextLine(spawnWriter(dataDir))));
    expect(answers.filter((answer) => answer.includes("by process"))).toHaveLength(2);
    expect(answers.map((answer) => answer.split(" ")[0]).sort()).toEqual(["refused", "refused", "started"]);
    await endOrphan(dataDir);
  });

  test("loses no acknowledged row over 20 kill -9 under writes", { timeout: 120_000 }, async () => {
    const dataDir = temporaryFolder();
    const acknowledged = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const writer = spawnWriter(dataDir);
      const [word, postgresPid] = (await nextLine(writer)).split(" ");
      expect(word).toBe("started");
      for (let rows = 0; rows < 5 + round * 7; rows++) acknowledged.add(await nextLine(writer));
      if (round % 3 === 2) process.kill(Number(postgresPid), "SIGKILL");
      writer.child.kill("SIGKILL");
      for await (const line of writer.lines) acknowledged.add(line);
    }
    const { url } = await start(dataDir);
    const rows = await query<{ id: string }>(url, "SELECT id FROM acknowledged");
    const kept = new Set(rows.map(({ id }) => `row ${id}`));
    const lost = [...acknowledged].filter((line) => line.startsWith("row ") && !kept.has(line));
    expect(acknowledged.size).toBeGreaterThan(1000);
    expect(lost).toEqual([]);
  });

  test("stops the PostgreSQL that a killed server left running, without a need for recovery", async () => {
    const dataDir = temporaryFolder();
    const writer = spawnWriter(dataDir);
    const orphan = Number((await nextLine(writer)).split(" ")[1]);
    await kill(writer.child);
    expect(process.kill(orphan, 0)).toBe(true);
    const log = vi.fn();
    const postgres = await start(dataDir, { log });
    expect(log).toHaveBeenCalledWith(expect.stringContaining("left running"), { pid: orphan });
    expect(postgres.pid).not.toBe(orphan);
    const said = fs.readFileSync(path.join(dataDir, "postgres.log"), "utf8");
    expect(said).toContain("received fast shutdown request");
    expect(said).not.toContain("not properly shut down");
  });

  test("tells of a PostgreSQL that was killed under it, and recovers at the next start", async () => {
    const dataDir = temporaryFolder();
    const onExit = vi.fn();
    const postgres = await start(dataDir, { onExit });
    await query(postgres.url, "CREATE TABLE kept AS SELECT 7 AS seven");
    process.kill(postgres.pid, "SIGKILL");
    await vi.waitFor(() => expect(onExit).toHaveBeenCalledOnce(), { timeout: 10_000 });
    expect(onExit).toHaveBeenCalledWith(
      expect.objectContaining({ signal: "SIGKILL", message: expect.stringContaining("postgres.log") }),
    );
    await postgres.stop();
    const again = await start(dataDir);
    expect(await query(again.url, "SELECT seven FROM kept")).toEqual([{ seven: 7 }]);
  });

  test("starts although a backend of a killed PostgreSQL is still in a long query", async () => {
    const dataDir = temporaryFolder();
    const postgres = await start(dataDir);
    const busy = query(postgres.url, "SELECT count(*) FROM generate_series(1, 1000000000)").catch(() => "cut off");
    await vi.waitFor(
      async () => {
        const active = await query(postgres.url, "SELECT FROM pg_stat_activity WHERE query LIKE '%1000000000%'");
        expect(active).toHaveLength(2);
      },
      { timeout: 10_000 },
    );
    process.kill(postgres.pid, "SIGKILL");
    await postgres.stop();
    const again = await start(dataDir);
    expect(await query(again.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await busy).toBe("cut off");
  });

  test("starts although the pid in its postmaster.pid now belongs to another program", async () => {
    const dataDir = temporaryFolder();
    const postgres = await start(dataDir);
    const pidFile = path.join(dataDir, "postgres", "postmaster.pid");
    const owner = fs.statSync(path.join(dataDir, "postgres"));
    process.kill(postgres.pid, "SIGKILL");
    await postgres.stop();
    // As the user of the database: to PostgreSQL, the process of another user cannot be a postmaster.
    const identity = process.getuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {};
    const stranger = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"], { cwd: "/", ...identity });
    cleanUp.push(() => kill(stranger));
    fs.writeFileSync(pidFile, fs.readFileSync(pidFile, "utf8").replace(/^\d+/, `${stranger.pid}`));
    await expect(start(dataDir)).resolves.toMatchObject({ firstStart: false });
    expect(stranger.signalCode).toBeNull();
  });

  test("works in a data folder of 1,500 bytes of path", async () => {
    const dataDir = path.join(temporaryFolder(), ...Array.from({ length: 15 }, () => "d".repeat(99)));
    const first = await start(dataDir);
    await query(first.url, "CREATE TABLE kept AS SELECT 1 AS one");
    await expect(start(dataDir)).rejects.toMatchObject({ code: "FOLDER_IN_USE" });
    expect(await nextLine(spawnWriter(dataDir))).toContain(`in use by process ${process.pid}`);
    await first.stop();
    expect(await query((await start(dataDir)).url, "SELECT one FROM kept")).toEqual([{ one: 1 }]);
  });

  test("begins anew after a kill in the middle of the first start", async () => {
    const dataDir = temporaryFolder();
    const writer = spawnWriter(dataDir);
    await vi.waitFor(() => expect(fs.readdirSync(dataDir).join()).toContain("postgres.init-"), {
      interval: 2,
      timeout: 20_000,
    });
    await kill(writer.child);
    expect(fs.existsSync(path.join(dataDir, "postgres"))).toBe(false);
    await expect(start(dataDir)).resolves.toMatchObject({ firstStart: true });
    expect(fs.readdirSync(dataDir).join()).not.toContain("init-");
  });

  test("sets a new password when the file that held it is lost", async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    await first.stop();
    fs.rmSync(path.join(dataDir, "postgres.password"));
    const second = await start(dataDir);
    expect(second.url).not.toBe(first.url);
    expect(await query(second.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("refuses the folder of another major version, naming db:export and db:import", async () => {
    const dataDir = temporaryFolder();
    const postgres = await start(dataDir);
    await postgres.stop();
    fs.writeFileSync(path.join(dataDir, "postgres", "PG_VERSION"), "17\n");
    const refused = start(dataDir);
    await expect(refused).rejects.toMatchObject({ code: "VERSION_MISMATCH" });
    await expect(refused).rejects.toThrow(/PostgreSQL 17.*db:export.*db:import/s);
  });

  test("shows the end of PostgreSQL's log when it does not start, and gives the folder free", async () => {
    const dataDir = temporaryFolder();
    const postgres = await start(dataDir);
    await postgres.stop();
    const settings = path.join(dataDir, "postgres", "postgresql.conf");
    const before = fs.readFileSync(settings, "utf8");
    fs.appendFileSync(settings, "work_mem = 'plenty'\n");
    await expect(start(dataDir)).rejects.toThrow(/invalid value for parameter "work_mem": "plenty"/);
    fs.writeFileSync(settings, before);
    await expect(start(dataDir)).resolves.toMatchObject({ firstStart: false });
  });
});

// The PostgreSQL of a killed server lives on until the next start, which is the way to be rid of it.
async function endOrphan(dataDir: string): Promise<void> {
  for (const undo of cleanUp.splice(1).reverse()) await undo();
  await (await startEmbeddedPostgres({ dataDir })).stop();
}
