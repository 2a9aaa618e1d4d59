import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "../../client/index.ts";
import { type App, openApp } from "../../server/app.ts";
import { readConfig } from "../../server/config.ts";
import type { SealingKeys } from "../../server/kit/seal.ts";
import { setAhead } from "./clock.ts";
import type { Database } from "./database.ts";
import { actionOf, type Outbox } from "./outbox.ts";
import { PRIVATE_RANGES, sandboxOutbound } from "./outside.ts";
import { type SandboxPayments, sandboxPayments } from "./payments.ts";

/** How often it is looked whether all is done, in milliseconds. */
const LOOK_MS = 25;

/** One live server on one database, with all that left it. A reset makes another. */
export type World = {
  readonly app: App;
  readonly database: Database;
  readonly outbox: Outbox;
  readonly payments: SandboxPayments;
  /** Calls the server in this process, as a program on this machine would. */
  call(request: Request): Promise<Response>;
  /** A typed client on that. */
  api(token?: string): Client;
  /**
   * Puts the clock of process and database so many milliseconds ahead of the machine's, has done what is done every so
   * often, and what subscriptions owe paid.
   */
  setAhead(ms: number, stepMs: number): Promise<void>;
  /** Waits until no job is due or in work, for at most `ms` milliseconds. False when some still are. */
  settle(ms: number): Promise<boolean>;
  /** Ends the server and leaves the database. */
  close(): Promise<void>;
};

export type WorldOptions = {
  readonly database: Database;
  /** Where uploaded files stand. */
  readonly files: string;
  readonly publicUrl: string;
  readonly encryptionKeys: SealingKeys;
  readonly outbox: Outbox;
  readonly log: Parameters<typeof openApp>[0]["log"];
};

/** The settings of a sandbox. Policies and limits are those of any server. */
const ENV = {
  SIGN_UP: "open",
  DEFAULT_PLAN: "pro",
  MAIL: "log",
  CORS_ORIGINS: "*",
  OUTBOUND_ALLOW: PRIVATE_RANGES,
  DATABASE_POOL: "10",
  SHUTDOWN_SECONDS: "2",
};

/** Opens the live server on a sandbox's database. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { database, publicUrl, outbox } = options;
  const events = `${publicUrl}/api/v1/billing/stripe/events`;
  const call = async (request: Request): Promise<Response> => app.fetch(request, { clientAddress: "127.0.0.1" });
  const payments = sandboxPayments(publicUrl, outbox, async (event, signature) => {
    const headers = { "content-type": "application/json", "stripe-signature": signature };
    const answer = await call(new Request(events, { method: "POST", headers, body: JSON.stringify(event) }));
    if (!answer.ok) throw new Error(`The server refused what a payment page told it: ${await answer.text()}`);
  });
  const app = await openApp({
    config: readConfig({ ...ENV, STORAGE_DIR: path.resolve(options.files) }),
    databaseUrl: database.url,
    publicUrl,
    encryptionKeys: options.encryptionKeys,
    log: options.log,
    effects: {
      outbound: sandboxOutbound(outbox),
      payments: payments.payments,
      mail: async (id, { to, subject, text }) =>
        void outbox.put("mails", { id, to, subject, text, action: actionOf(text) }),
    },
  });
  return {
    app,
    database,
    outbox,
    payments,
    call,
    api: (token) => createClient({ baseUrl: `${publicUrl}/api`, fetch: call, ...(token ? { token } : {}) }),
    async setAhead(ms, stepMs) {
      // The database first: what is decided by both, such as a session, must not be over in the one and good in the other.
      await database.setAhead(ms, stepMs);
      setAhead(ms);
      await app.catchUp();
      await payments.renew(Date.now());
    },
    async settle(ms) {
      for (const end = performance.now() + ms; performance.now() < end; await sleep(LOOK_MS)) {
        if ((await database.due()) === 0) return true;
      }
      return false;
    },
    async close() {
      await app.close();
      await database.close();
    },
  };
}
