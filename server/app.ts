import type { IncomingMessage } from "node:http";
import { Hono } from "hono";
import { API_VERSION, reelmarkDocument } from "../spec/document.ts";
import { contract } from "../spec/index.ts";
import { IMPLIED_SCOPES } from "../spec/vocabulary.ts";
import { writeAudit } from "./audit/service.ts";
import { type PasswordCost, passwordHasher } from "./auth/passwords.ts";
import { principalLookup } from "./auth/principal.ts";
import { openSigningKeys } from "./auth/signing-keys.ts";
import { sessionTokens } from "./auth/tokens.ts";
import { openBeside } from "./beside.ts";
import { openPayments } from "./billing/open.ts";
import { ledger } from "./billing/service.ts";
import { addressReader } from "./client-address.ts";
import type { Config, Role } from "./config.ts";
import type { ReelmarkPrincipal } from "./context.ts";
import { APP_ROLE, migrateDatabase } from "./db/migrate.ts";
import { mountDocs } from "./docs/mount.ts";
import type { Effects } from "./effects.ts";
import { allHandlers } from "./handlers.ts";
import { answers, mountHealth, READY_MS } from "./health.ts";
import { externalTokens } from "./issuers/service.ts";
import { openQueue } from "./jobs/queue.ts";
import { QUEUES } from "./jobs/queues.ts";
import { startWorkers } from "./jobs/workers.ts";
import type { Backend } from "./kit/backend.ts";
import { implement } from "./kit/implement.ts";
import { Limiter } from "./kit/limits.ts";
import { postgresBackend } from "./kit/postgres/backend.ts";
import type { Db } from "./kit/postgres/db.ts";
import { openPool, withRead } from "./kit/postgres/pool.ts";
import { type InProcess, nodeRequest } from "./kit/request.ts";
import type { Log } from "./kit/runtime.ts";
import type { SealingKeys } from "./kit/seal.ts";
import { lastUsed } from "./last-used.ts";
import { openLimiterStore } from "./limiter-store.ts";
import { openPostOffice } from "./mail/post-office.ts";
import { SWEEP_MS, startMaintenance } from "./maintenance.ts";
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
  readonly effects?: Effects;
  /** For tests, which sign up by the thousand. */
  readonly passwordCost?: PasswordCost;
};

export type App = {
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>;
  readonly metrics: Metrics;
  /** Why nothing should be sent here, or undefined when it may. */
  notReady(): Promise<string | undefined>;
  /** Loads what is not needed to start, so that no request has to wait for it. */
  warm(): Promise<void>;
  /** Does now what is done every so often, whenever it was done last: for who has moved the clock. */
  catchUp(): Promise<void>;
  /** From now on /readyz says 503, so that balancers send nothing more, and no new job is taken. */
  drain(): void;
  close(): Promise<void>;
};

const BASE = "/api";
/** What sites that are fetched see of us. */
const USER_AGENT = `Reelmark/${API_VERSION}`;

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
  const { config, databaseUrl, log, clock = Date.now, role = config.ROLE, effects = {} } = options;
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
  const payments = effects.payments ?? (await openPayments(config.payments, `${options.publicUrl}/docs`));
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
  const direct = openOutbound({ allow: config.OUTBOUND_ALLOW, userAgent: USER_AGENT });
  const outbound = effects.outbound?.(direct) ?? direct;
  opened.push(() => direct.close());
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
  const post = openPostOffice({ config, queue, log, encryptionKeys: options.encryptionKeys, deliver: effects.mail });
  opened.push(async () => post.close());
  const handlers = allHandlers(
    {
      keyPrefix: config.API_KEY_PREFIX,
      passwords: await passwordHasher(2, 64, options.passwordCost),
      signUp: config.SIGN_UP,
      refreshDays: config.REFRESH_TOKEN_DAYS,
      tokens,
      defaultPlan: config.DEFAULT_PLAN,
      mailer: post.mailer,
      publicUrl: options.publicUrl,
    },
    services,
  );
  const stopping = new AbortController();
  const addressOf = options.addressOf ?? addressReader(config.TRUST_PROXY);
  const https = options.publicUrl.startsWith("https:");
  const headers: Record<string, string> = https ? { "Strict-Transport-Security": "max-age=31536000" } : {};
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
    headers,
    responses: config.RESPONSE_CHECK,
    clock,
    addressOf,
    implied: IMPLIED_SCOPES,
    observe: metrics.observe,
    onExcess: metrics.excess,
    streams: { draining: stopping.signal },
  });

  const maintenance = startMaintenance({ signing, connect: () => connect(1, SWEEP_MS), onError });

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
    stopping.abort();
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
  const document = reelmarkDocument();
  mountDocs(app, document, options.publicUrl);
  const beside = openBeside({
    config,
    pool,
    limiter,
    sealing: options.encryptionKeys,
    publicUrl: options.publicUrl,
    base: BASE,
    document,
    log,
    clock,
    headers,
    api: async (request, clientAddress) => app.fetch(request, { clientAddress } satisfies InProcess),
    sessionOf: async (token) => (await tokens.sessionOf(token, clock()))?.session,
    tokenOf: ({ id, userId }) => withRead(pool, "", (db) => tokens.issue(db, id, userId, clock())),
  });
  for (const [path, endpoint] of beside.endpoints) {
    app.all(path.replace(/\/\*$/, "/:one").replace(/\*\*$/, "*"), (c) =>
      endpoint(c.req.raw, { address: addressOf(nodeRequest(c)), identify: (bucket) => api.identify(c, bucket) }),
    );
  }
  app.get("/.well-known/jwks.json", async (c) =>
    c.json(await signing.jwks(), 200, { "Cache-Control": "public, max-age=300" }),
  );
  mountHealth(app, notReady);
  app.notFound(api.notFound);
  return {
    fetch: (request, env) => app.fetch(request, env),
    metrics,
    notReady,
    warm: async () => void (await beside.warm()),
    async catchUp() {
      await maintenance.run();
      await workers?.round();
    },
    drain,
    async close() {
      maintenance.stop();
      drain();
      await idle?.catch(onError);
      await used.close();
      metrics.close();
      await closeAll(opened);
    },
  };
}
