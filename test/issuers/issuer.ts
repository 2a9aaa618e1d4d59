import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { seal } from "../../server/kit/seal.ts";
import { openTestApp, PUBLIC_URL, type TestApp, type TestAppOptions } from "../setup/app.ts";
import { freshDatabase } from "../setup/database.ts";
import type { Mode } from "./issuer-process.ts";
import type { SigningKey } from "./keys.ts";

export const AUDIENCE = "reelmark-test";

/** The issuer's process, as the test steers it. */
export type IssuerProcess = {
  readonly url: string;
  set(order: { mode?: Mode; keys?: readonly SigningKey[] }): Promise<void>;
  /** How often its keys were asked for, and how often somebody went where it points to. */
  hits(): Promise<{ hits: number; followed: number }>;
  stop(): Promise<void>;
};

/** Starts an issuer in a process of its own, on loopback. */
export async function startIssuer(keys: readonly SigningKey[]): Promise<IssuerProcess> {
  const file = fileURLToPath(new URL("issuer-process.ts", import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ["pipe", "pipe", "inherit"] });
  const [line]: unknown[] = await once(child.stdout, "data");
  const url = String(line).trim();
  const set: IssuerProcess["set"] = async ({ mode, keys: published }) => {
    const jwks = published && { jwks: { keys: published.map((key) => key.jwk) } };
    await fetch(`${url}/control`, { method: "POST", body: JSON.stringify({ ...(mode ? { mode } : {}), ...jwks }) });
  };
  await set({ keys });
  return {
    url,
    set,
    hits: async () => (await fetch(`${url}/hits`)).json() as Promise<{ hits: number; followed: number }>,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

export type IssuerOptions = {
  readonly id: string;
  readonly issuer: string;
  readonly jwksUrl?: string;
  readonly secret?: string;
  readonly algorithms: readonly string[];
  readonly organizationId?: string;
  readonly role?: string;
  readonly nameClaim?: string;
};

export type Stage = {
  readonly reelmark: TestApp;
  /** Moves the server's clock on. */
  tick(ms: number): void;
  now(): number;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  addIssuer(options: IssuerOptions): Promise<void>;
  /** A request to `path` with a token. */
  ask(token: string, path?: string, init?: { method?: string; organization?: string }): Promise<Response>;
  /** What a good issuer says of a user, for an hour. */
  claims(issuer: string, over?: object): Record<string, unknown>;
  close(): Promise<void>;
};

/** Reelmark on a database of its own, with a clock that stands until it is moved, and its operator's connection. */
export async function openStage(options: TestAppOptions = {}): Promise<Stage> {
  const database = await freshDatabase();
  let time = Date.now();
  const now = () => time;
  const reelmark = await openTestApp({ clock: now, ...options, databaseUrl: database.url });
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  const sql: Stage["sql"] = async (text, values) => (await owner.query<Record<string, unknown>>(text, values)).rows;
  return {
    reelmark,
    now,
    sql,
    tick: (ms) => {
      time += ms;
    },
    async addIssuer({ id, issuer, jwksUrl, secret, algorithms, organizationId, role, nameClaim }) {
      const sealed = secret && seal([{ id: "test", key: Buffer.alloc(32, 7) }], `issuer ${id}`, secret);
      await sql(
        `insert into issuers (id, issuer, jwks_url, secret_sealed, algorithms, audience, org_id, role, name_claim)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [id, issuer, jwksUrl, sealed, algorithms, AUDIENCE, organizationId, role ?? "member", nameClaim ?? "name"],
      );
      time += 3_000; // The server reads the table again after 2 s.
    },
    ask(token, path = "/v1/organizations", { method = "GET", organization } = {}) {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(organization === undefined ? {} : { "x-organization-id": organization }),
      };
      return reelmark.fetch(new Request(`${PUBLIC_URL}/api${path}`, { method, headers }));
    },
    claims: (issuer, over) => {
      const seconds = Math.floor(now() / 1000);
      return { iss: issuer, aud: AUDIENCE, sub: "user-1", iat: seconds, exp: seconds + 3600, ...over };
    },
    async close() {
      await owner.end();
      await reelmark.close();
      await database.drop();
    },
  };
}

/** The body of an answer that lists organizations. */
export async function organizationIds(response: Response): Promise<string[]> {
  const body = (await response.json()) as { data: { id: string }[] };
  return body.data.map(({ id }) => id);
}
