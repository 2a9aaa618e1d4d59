import pg from "pg";
import { afterAll, onTestFinished } from "vitest";
import { socketAddress } from "../../server/kit/answer.ts";
import type { Backend } from "../../server/kit/backend.ts";
import { Limiter, memoryLimiter } from "../../server/kit/limits.ts";
import { openPool } from "../../server/kit/postgres/pool.ts";
import type { Deps } from "../../server/kit/runtime.ts";
import { serve } from "../../server/kit/serve.ts";
import { notesApp } from "../fixtures/notes/server/app.ts";
import { Directory, type NotesPrincipal } from "../fixtures/notes/server/credentials.ts";
import { type AllHandlers, allHandlers, type Services } from "../fixtures/notes/server/handlers.ts";
import { Memory, memoryBackend } from "../fixtures/notes/server/memory.ts";
import { DDL, notesPostgres, ROLE } from "../fixtures/notes/server/postgres.ts";
import type { Rows } from "../fixtures/notes/server/rows.ts";
import { freshDatabase } from "../setup/database.ts";

export type Kind = "memory" | "postgres";

/** Both backends; the first is called in process, the second over real HTTP, so that both ways in are held as well. */
export const BACKENDS: readonly Kind[] = ["memory", "postgres"];

export type Faults = {
  services?: Partial<Services>;
  handlers?: (real: AllHandlers) => AllHandlers;
  backend?: (real: Backend<Rows, NotesPrincipal>) => Backend<Rows, NotesPrincipal>;
  deps?: Partial<Omit<Deps<Rows, NotesPrincipal>, "backend">>;
  poolSize?: number;
  /** Serve over HTTP whatever the backend. */
  http?: boolean;
};

export type LogLine = { level: string; message: string; fields: Record<string, unknown> };

/** What a test may look up or turn below the API. */
export type Below = {
  setBalance(team: string, credits: number): Promise<void>;
  balance(team: string): Promise<number>;
  holds(team: string): Promise<{ amount: number; state: string }[]>;
  /** Ends every lease, as time would. */
  expireLeases(): Promise<void>;
  /** Makes every record older than it is kept. */
  ageRecords(): Promise<void>;
  /** Everything of every idempotency record, as text. */
  records(): Promise<string>;
  /** How many rows of a kind a team has. */
  count(team: string, kind: string): Promise<number>;
  row(team: string, kind: string, id: string): Promise<unknown>;
  /** Connections, or transactions in memory, that are in use. */
  inUse(): number;
};

type Store = { backend: Backend<Rows, NotesPrincipal>; below: Below; close(): Promise<void> };

/** In memory, a transaction is a subtype of Rows, and the pipeline only hands back what this very backend gave. */
function inMemory(directory: Directory): Store {
  const store = new Memory();
  const backend = memoryBackend(store, directory, Date.now) as unknown as Backend<Rows, NotesPrincipal>;
  const entries = (prefix: string) => [...store.committed].filter(([key]) => key.startsWith(prefix));
  return {
    backend,
    close: async () => {},
    below: {
      setBalance: async (team, credits) =>
        void store.committed.set(`${team}\nbalance\n`, { value: credits, unique: undefined }),
      balance: async (team) => Number(store.committed.get(`${team}\nbalance\n`)?.value ?? 0),
      // Only the fixture's ledger writes under "hold".
      holds: async (team) =>
        entries(`${team}\nhold\n`).map(([, { value }]) => value as { amount: number; state: string }),
      async expireLeases() {
        for (const [key, { value }] of store.committed) {
          if (!key.includes("\nidempotency\n")) continue;
          const record = value as { claim?: object };
          const claim = record.claim && { ...record.claim, until: 0 };
          store.committed.set(key, { value: { ...record, claim }, unique: undefined });
        }
      },
      async ageRecords() {
        for (const [key, { value }] of store.committed) {
          if (!key.includes("\nidempotency\n")) continue;
          store.committed.set(key, { value: { ...(value as object), at: 0 }, unique: undefined });
        }
      },
      records: async () => JSON.stringify([...store.committed].filter(([key]) => key.includes("\nidempotency\n"))),
      count: async (team, kind) => entries(`${team}\n${kind}\n`).length,
      row: async (team, kind, id) => store.committed.get(`${team}\n${kind}\n${id}`)?.value,
      inUse: () => store.open,
    },
  };
}

/** One database for the tests of a file: teams are new in each test, so they do not meet. */
let database: ReturnType<typeof openDatabase> | undefined;

async function openDatabase() {
  const { url, drop } = await freshDatabase({ empty: true });
  const owner = new pg.Pool({ connectionString: url, max: 2 });
  await owner.query(DDL);
  return { url, drop, owner };
}

afterAll(async () => {
  const { drop, owner } = (await database) ?? {};
  await owner?.end();
  await drop?.();
});

async function inPostgres(directory: Directory, poolSize: number): Promise<Store> {
  database ??= openDatabase();
  const { url, owner } = await database;
  const pool = openPool({ url, name: "notes", role: ROLE, max: poolSize, onError: () => {} });
  const rows = async (sql: string, ...values: unknown[]) => (await owner.query(sql, values)).rows;
  return {
    backend: notesPostgres(pool, directory, Date.now),
    close: () => pool.end(),
    below: {
      async setBalance(team, credits) {
        await rows(
          "insert into balances values ($1, $2) on conflict (org_id) do update set available = $2",
          team,
          credits,
        );
      },
      balance: async (team) =>
        (await rows("select available from balances where org_id = $1", team))[0]?.available ?? 0,
      holds: (team) => rows("select amount, state from holds where org_id = $1", team),
      async expireLeases() {
        await rows("update idempotency_records set lease_until = now() - interval '1 second'");
      },
      async ageRecords() {
        await rows("update idempotency_records set created_at = now() - interval '24 hours'");
      },
      records: async () => JSON.stringify(await rows("select * from idempotency_records")),
      count: async (team, kind) =>
        (await rows("select count(*)::int as n from note_rows where org_id = $1 and kind = $2", team, kind))[0].n,
      row: async (team, kind, id) =>
        (await rows("select data from note_rows where org_id = $1 and kind = $2 and id = $3", team, kind, id))[0]?.data,
      inUse: () => pool.totalCount - pool.idleCount,
    },
  };
}

export type Init = {
  body?: unknown;
  raw?: NonNullable<RequestInit["body"]>;
  token?: string | null;
  headers?: Record<string, string>;
  redirect?: "manual";
};

/** A running notes API, and what is needed to watch it. */
export type Notes = Awaited<ReturnType<typeof startNotes>>;

/** Starts the notes API on a backend. It ends with the test that started it. */
export async function startNotes(kind: Kind, faults: Faults = {}) {
  const directory = new Directory();
  const store = kind === "memory" ? inMemory(directory) : await inPostgres(directory, faults.poolSize ?? 8);
  const services: Services = {
    polish: async (text) => text.toUpperCase(),
    beforeCommit: async () => {},
    async *watch() {},
    ...faults.services,
  };
  const log: LogLine[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void log.push({ level, message, fields: { ...fields } });
  const excess: string[] = [];
  const real = allHandlers(services, directory);
  const app = notesApp(faults.handlers?.(real) ?? real, {
    backend: faults.backend?.(store.backend) ?? store.backend,
    limiter: new Limiter(memoryLimiter),
    limits: { public: 0, failures: 0, organization: 0 },
    log: { info: write("info"), warn: write("warn"), error: write("error") },
    base: "",
    cors: [],
    responses: "check",
    clock: Date.now,
    addressOf: socketAddress,
    implied: {},
    observe: () => {},
    onExcess: (operation, path) => void excess.push(`${operation} ${path}`),
    ...faults.deps,
  });
  const http =
    kind === "postgres" || faults.http ? await serve({ fetch: app.fetch, host: "127.0.0.1", port: 0 }) : undefined;
  onTestFinished(async () => {
    await http?.close(0);
    await store.close();
  });
  const main = directory.mint();

  /** Sends a request as `main`, unless another token (or null for none) is given. */
  async function call(method: string, path: string, init: Init = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = init.token === undefined ? main : init.token;
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    if (init.body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
    const body = init.raw ?? (init.body === undefined ? undefined : JSON.stringify(init.body));
    // As HTTP does; in process nobody else would say how long a body is.
    if (!http && typeof body === "string" && !headers.has("content-length")) {
      headers.set("content-length", String(Buffer.byteLength(body)));
    }
    const request = new Request(new URL(path, http?.url ?? "http://notes.test"), {
      method,
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body, duplex: "half" }),
    });
    return http ? fetch(request) : app.request(request);
  }

  return {
    call,
    directory,
    main,
    team: directory.of(main).organization,
    log,
    excess,
    services,
    below: store.below,
    url: http?.url ?? "",
  };
}

/** An error's envelope. */
export type Failure = {
  error: {
    code: string;
    message: string;
    details: { issues?: { path: string; code: string; message: string }[]; [name: string]: unknown };
    request_id: string;
  };
};

/** Reads a JSON answer; the test names the shape it expects, and its assertions hold it to that. */
export async function json<T = Failure>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

/** A promise, and the means to settle it: holds a request at a point until the test lets it go. */
export function gate(): { reached: Promise<void>; arrive(): Promise<void>; open(): void } {
  let open = () => {};
  let arrived = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  return {
    reached,
    open: () => open(),
    arrive() {
      arrived();
      return opened;
    },
  };
}
