import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { type App, type AppOptions, openApp } from "../../server/app.ts";
import { readConfig } from "../../server/config.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { SCOPES, type Scope } from "../../spec/vocabulary.ts";
import { conformingFetch, type Seen } from "../kit/conformance.ts";
import { freshDatabase } from "./database.ts";

const document = reelmarkDocument();
export const PUBLIC_URL = "http://reelmark.test";
export const ENCRYPTION_KEYS = [{ id: "test", key: Buffer.alloc(32, 7) }];
export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];

/** The least that argon2id takes. */
const CHEAP = { memory: 8, passes: 1, parallelism: 1 };

type LogLine = { level: "info" | "warn" | "error"; fields: object; message: string };

export type TestAppOptions = {
  /** Environment variables over the defaults of the tests: open sign-up and limits that do not get in the way. */
  readonly env?: Record<string, string>;
  readonly databaseUrl?: string;
  readonly clock?: () => number;
  /** The URL that clients use; `PUBLIC_URL` unless told, which nothing resolves. */
  readonly publicUrl?: string;
  /** Newest first; one named `test` unless given. */
  readonly encryptionKeys?: AppOptions["encryptionKeys"];
  /** Answers requests alone unless told: most tests have no jobs, and a worker asks the database all the time. */
  readonly role?: AppOptions["role"];
  readonly backend?: AppOptions["backend"];
  /** Passwords cost next to nothing unless told: most tests hash them to have somebody who calls. */
  readonly passwordCost?: "full";
  /** Where requests seem to come from. By default each from elsewhere, because sign-up and log-in are limited by address. */
  readonly address?: () => string;
};

export type TestApp = {
  readonly app: App;
  readonly databaseUrl: string;
  readonly log: LogLine[];
  /** Every operation and status that was answered, and held to the contract. */
  readonly seen: Seen[];
  /** `fetch` into the app, with every answer held to the contract. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** A typed client on that fetch. */
  api(token?: string): Client;
  close(): Promise<void>;
};

const ENV = {
  SIGN_UP: "open",
  RESPONSE_CHECK: "check",
  RATE_LIMIT_KEY: "1000000",
  RATE_LIMIT_SESSION: "1000000",
  RATE_LIMIT_PUBLIC: "1000000",
  RATE_LIMIT_FAILURES: "0",
  OUTBOUND_ALLOW: "127.0.0.0/8",
};

function elsewhere(): () => string {
  let n = 0;
  return () => `10.${(++n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
}

/** Reelmark in this process on a database of its own. */
export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.databaseUrl === undefined ? await freshDatabase() : undefined;
  const databaseUrl = database?.url ?? options.databaseUrl ?? "";
  const log: LogLine[] = [];
  const seen: Seen[] = [];
  const write = (level: LogLine["level"]) => (fields: object, message: string) =>
    void log.push({ level, fields, message });
  const files = mkdtempSync(join(tmpdir(), "reelmark-files-"));
  const app = await openApp({
    config: readConfig({ ...ENV, STORAGE_DIR: files, ...options.env }),
    role: options.role ?? "api",
    databaseUrl,
    publicUrl: options.publicUrl ?? PUBLIC_URL,
    encryptionKeys: options.encryptionKeys ?? ENCRYPTION_KEYS,
    log: { info: write("info"), warn: write("warn"), error: write("error") },
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.backend ? { backend: options.backend } : {}),
    ...(options.passwordCost === "full" ? {} : { passwordCost: CHEAP }),
    addressOf: options.address ?? elsewhere(),
  });
  const checked = conformingFetch(
    document,
    (request) => app.fetch(request),
    (one) => void seen.push(one),
  );
  const fetch = async (request: Request) => checked(request);
  return {
    app,
    databaseUrl,
    log,
    seen,
    fetch,
    // Tests look at each answer; those of the client itself switch its retries on.
    api: (token) =>
      createClient({
        baseUrl: `${options.publicUrl ?? PUBLIC_URL}/api`,
        fetch,
        retries: 0,
        ...(token ? { token } : {}),
      }),
    async close() {
      await app.close();
      await database?.drop();
      rmSync(files, { recursive: true, force: true });
    },
  };
}

export type TestOrganization = {
  /** The owner's session. */
  readonly api: Client;
  readonly token: string;
  readonly refreshToken: string;
  readonly email: string;
  readonly password: string;
  readonly organizationId: string;
  readonly userId: string;
  /** A new API key with these scopes, or all of them: the key and a client that uses it. */
  key(scopes?: readonly Scope[]): Promise<{ id: string; key: string; api: Client }>;
};

/** A new organization with its owner, signed up as anybody is. */
export async function freshOrganization(test: TestApp): Promise<TestOrganization> {
  const email = `owner-${randomBytes(6).toString("hex")}@reelmark.example`;
  const password = "correct horse battery staple";
  const session = await test
    .api()
    .signUp({ body: { email, password, name: "Test Owner", organization_name: "Test Studio" } });
  if (!session.organization) throw new Error("Sign-up made no organization");
  const api = test.api(session.access_token);
  return {
    api,
    token: session.access_token,
    refreshToken: session.refresh_token,
    email,
    password,
    organizationId: session.organization.id,
    userId: session.user.id,
    async key(scopes = ALL_SCOPES) {
      const made = await api.createApiKey({ body: { label: "test", scopes: [...scopes] } });
      return { id: made.id, key: made.key, api: test.api(made.key) };
    },
  };
}
