import type { IncomingMessage } from "node:http";
import { Hono } from "hono";
import type pg from "pg";
import { API_VERSION, reelmarkDocument } from "../spec/document.ts";
import { contract } from "../spec/index.ts";
import { IMPLIED_SCOPES } from "../spec/vocabulary.ts";
import { writeAudit } from "./audit/service.ts";
import { passwordHasher } from "./auth/passwords.ts";
import { principalLookup } from "./auth/principal.ts";
import { openSigningKeys } from "./auth/signing-keys.ts";
import { sessionTokens } from "./auth/tokens.ts";
import { openPayments } from "./billing/open.ts";
import { ledger } from "./billing/service.ts";
import { addressReader } from "./client-address.ts";
import type { Config, Role } from "./config.ts";
import type { ReelmarkPrincipal } from "./context.ts";
import { APP_ROLE, migrateDatabase } from "./db/migrate.ts";
import { docsSite } from "./docs/site.ts";
import { allHandlers } from "./handlers.ts";
import { externalTokens } from "./issuers/service.ts";
import { openQueue } from "./jobs/queue.ts";
import { QUEUES } from "./jobs/queues.ts";
import { startWorkers } from "./jobs/workers.ts";
import type { Backend } from "./kit/backend.ts";
import { implement } from "./kit/implement.ts";
import { Limiter } from "./kit/limits.ts";
import { postgresBackend } from "./kit/postgres/backend.ts";
import { type Db, statement } from "./kit/postgres/db.ts";
import { openPool, withRead } from "./kit/postgres/pool.ts";
import type { Log } from "./kit/runtime.ts";
import type { SealingKeys } from "./kit/seal.ts";
import { lastUsed } from "./last-used.ts";
import { openLimiterStore } from "./limiter-store.ts";
import { openPostOffice } from "./mail/post-office.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { openOutbound } from "./outbound/service.ts";
import type { WorkServices } from "./services.ts";
import { openStorage } from "./storage/open.ts";
import { openFeedReader } from "./sync/feed/reader.ts";
import { signedUrls } from "./uploads/signed-urls.ts";
import { eventsOn } from "./webhooks/service.ts";
import { allChores, allWorkers } from "./workers.ts";

export type AppOptions = {
  readonly config: Config;
  readonly databaseUrl: string;
  /** The URL that clients use: issuer and audience of tokens. */
  readonly publicUrl: string;
  readonly encryptionKeys: SealingKeys;
  readonly log: Log;
  readonly clock?: () => number;
  /** Reads a client's address; by default from the socket and the proxies that TRUST_PROXY names. */
  readonly addressOf?: (incoming: IncomingMessage | undefined) => string;
  /** What this process does, if not what ROLE says. */
  readonly role?: Role;
  /** Wraps the backend: how tests plant faults below the pipeline. */
  readonly backend?: (real: Backend<Db, ReelmarkPrincipal>) => Backend<Db, ReelmarkPrincipal>;
};

export type App = {
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>;
  readonly metrics: Metrics;
  /** Why nothing should be sent here, or undefined when it may. */
  notReady(): Promise<string | undefined>;
  /** From now on /readyz says 503, so that balancers send nothing more, and no new job is taken. */
  drain(): void;
  close(): Promise<void>;
};

const BASE = "/api";
/** What sites that are fetched see of us. */
const USER_AGENT = `Reelmark/${API_VERSION}`;
const HOUR_MS = 3_600_000;
const READY_MS = 800;
const SWEEP_MS = 300_000;
const PING = statement("app.ping", "select 1");
const SWEEP = statement("app.sweep", "select sweep()");

/**
 * The live API as a fetch function over one PostgreSQL: migrates it, then wires contract, handlers and policy together.
 * Throws StartError when the database cannot be reached or ENCRYPTION_KEY does not fit it; nothing stays open then.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const opened: Opened = [];
  try {
    return await wire(options, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** What `close` must close, all at once. */
type Opened = (() => Promise<unknown>)[];
const closeAll = (opened: Opened) => Promise.all(opened.map((close) => close()));

async function wire(options: AppOptions, opened: Opened): Promise<App> {
  const { config, databaseUrl, log, clock = Date.now, role = config.ROLE } = options;
  await migrateDatabase(databaseUrl);
  const onError = (error: unknown) => log.warn({ error: String(error) }, "a database connection failed");
  const connect = (max: number, statementTimeoutMs?: number) =>
    openPool({
      url: databaseUrl,
      name: "reelmark",
      role: APP_ROLE,
      max,
      onError,
      ...(statementTimeoutMs ? { statementTimeoutMs } : {}),
    });
  const pool = connect(config.DATABASE_POOL);
  // Of its own, so that a busy server is not taken for one that has lost its database.
  const health = connect(1, READY_MS);
  opened.push(
    () => pool.end(),
    () => health.end(),
  );
  const queue = await openQueue({ url: databaseUrl, role: APP_ROLE, log, queues: QUEUES, supervise: role !== "api" });
  opened.push(() => queue.close());
  const metrics = createMetrics({
    connections: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    queues: () => queue.stats(),
  });
  const store = await openLimiterStore(config, () => connect(4, 1000));
  opened.push(() => store.close());
  const limiter = new Limiter(store.make, (error) => {
    metrics.storeError();
    log.warn({ error: String(error) }, "the rate-limit store failed; local limits hold");
  });
  const signing = await openSigningKeys(pool, options.encryptionKeys);
  const tokens = sessionTokens(signing, options.publicUrl, config.ACCESS_TOKEN_SECONDS);
  const used = lastUsed(pool, onError);
  const perMinute = { key: config.RATE_LIMIT_KEY, session: config.RATE_LIMIT_SESSION };
  const external = await externalTokens({ pool, sealing: options.encryptionKeys, clock, log });
  const addresses = signedUrls(options.encryptionKeys, options.publicUrl, BASE);
  const payments = await openPayments(config.payments, `${options.publicUrl}/docs`);
  const { authenticator, anonymous } = principalLookup({
    keyPrefix: config.API_KEY_PREFIX,
    tokens,
    issuer: options.publicUrl,
    external,
    perMinute,
    clock,
    signed: addresses.verify,
    provider: ({ rawBody = new Uint8Array(), headers }, nowMs) =>
      payments.verifies(rawBody, headers("stripe-signature") ?? "", nowMs),
  });
  const real = postgresBackend<ReelmarkPrincipal>({
    pool,
    authenticator,
    anonymous,
    used: used.note,
    audit: writeAudit,
    credits: ledger(clock),
  });
  const outbound = openOutbound({ allow: config.OUTBOUND_ALLOW, userAgent: USER_AGENT });
  opened.push(() => outbound.close());
  const feeds = openFeedReader();
  opened.push(() => feeds.close());
  const storage = await openStorage(config.storage);
  opened.push(() => storage.close());
  await storage.check();
  const services: WorkServices = {
    queue,
    events: eventsOn(queue),
    payments,
    outbound,
    feeds,
    allow: config.OUTBOUND_ALLOW,
    storage,
    sealing: options.encryptionKeys,
    signedUrls: addresses,
    publicUrl: options.publicUrl,
  };
  const post = openPostOffice({ config, queue, log, encryptionKeys: options.encryptionKeys });
  opened.push(async () => post.close());
  const handlers = allHandlers(
    {
      keyPrefix: config.API_KEY_PREFIX,
      passwords: await passwordHasher(2, 64),
      signUp: config.SIGN_UP,
      refreshDays: config.REFRESH_TOKEN_DAYS,
      tokens,
      defaultPlan: config.DEFAULT_PLAN,
      mailer: post.mailer,
      publicUrl: options.publicUrl,
    },
    services,
  );
  const api = implement(contract, handlers, {
    backend: options.backend?.(real) ?? real,
    limiter,
    limits: {
      public: config.RATE_LIMIT_PUBLIC,
      failures: config.RATE_LIMIT_FAILURES,
      organization: config.RATE_LIMIT_ORGANIZATION,
      operations: config.RATE_LIMIT_OPERATIONS,
    },
    log,
    base: BASE,
    requestHeaders: ["X-Organization-Id"],
    cors: config.CORS_ORIGINS.includes("*") ? "*" : config.CORS_ORIGINS,
    headers: options.publicUrl.startsWith("https:") ? { "Strict-Transport-Security": "max-age=31536000" } : {},
    responses: config.RESPONSE_CHECK,
    clock,
    addressOf: options.addressOf ?? addressReader(config.TRUST_PROXY),
    implied: IMPLIED_SCOPES,
    observe: metrics.observe,
    onExcess: metrics.excess,
  });

  const maintain = async () => {
    await signing.refresh();
    // Of its own, and in no hurry: a statement of the handlers' pool may take seconds, this one minutes.
    const slow = connect(1, SWEEP_MS);
    await withRead(slow, "", (db) => db.run(SWEEP)).finally(() => slow.end());
  };
  const timer = setInterval(() => void maintain().catch(onError), HOUR_MS);
  timer.unref();

  const workers =
    role === "api"
      ? undefined
      : startWorkers({
          pool,
          queue,
          workers: [...allWorkers(services), post.worker],
          chores: allChores(services),
          log,
          clock,
          onDone: metrics.job,
        });

  let draining = false;
  let idle: Promise<void> | undefined;
  const drain = () => {
    draining = true;
    idle ??= workers?.stop(config.SHUTDOWN_SECONDS * 1000);
    // Whoever closes the app hears of it; until then it is nobody's.
    idle?.catch(() => {});
  };
  const notReady = async () => {
    if (draining) return "draining";
    return (await answers(health)) ? undefined : "the database does not answer";
  };
  const app = new Hono();
  api.mount(app);
  mountDocs(app, options.publicUrl);
  app.get("/.well-known/jwks.json", async (c) =>
    c.json(await signing.jwks(), 200, { "Cache-Control": "public, max-age=300" }),
  );
  app.get("/livez", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    const why = await notReady();
    return why === undefined ? c.text("ok\n") : c.text(`${why}\n`, 503);
  });
  app.notFound(api.notFound);
  return {
    fetch: (request, env) => app.fetch(request, env),
    metrics,
    notReady,
    drain,
    async close() {
      clearInterval(timer);
      drain();
      await idle?.catch(onError);
      await used.close();
      await closeAll(opened);
    },
  };
}

/** Whether the database answers within READY_MS. */
async function answers(health: pg.Pool): Promise<boolean> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    late = setTimeout(() => resolve(false), READY_MS);
  });
  const ping = withRead(health, "", (db) => db.run(PING)).then(
    () => true,
    () => false,
  );
  const result = await Promise.race([ping, timeout]);
  clearTimeout(late);
  return result;
}

function mountDocs(app: Hono, publicUrl: string): void {
  for (const [path, file] of docsSite(reelmarkDocument(), () => publicUrl)) {
    app.get(path, async (c) => {
      const { status, body, headers } = await file({
        acceptEncoding: c.req.header("accept-encoding"),
        ifNoneMatch: c.req.header("if-none-match"),
      });
      return new Response(body, { status, headers });
    });
  }
  app.get("/", (c) => c.redirect("/docs"));
}
