import { Hono } from "hono";
import { ledger } from "../../server/billing/service.ts";
import type { ReelmarkPrincipal } from "../../server/context.ts";
import { APP_ROLE } from "../../server/db/migrate.ts";
import { handlersFor, twoSteps } from "../../server/kit/handlers.ts";
import { implement } from "../../server/kit/implement.ts";
import { Limiter, memoryLimiter } from "../../server/kit/limits.ts";
import { postgresBackend } from "../../server/kit/postgres/backend.ts";
import { type Db, statement } from "../../server/kit/postgres/db.ts";
import { openPool } from "../../server/kit/postgres/pool.ts";
import type { Context } from "../../server/kit/runtime.ts";
import { serve } from "../../server/kit/serve.ts";
import { schema, z } from "../../spec/kit/schema.ts";
import { operation } from "../../spec/vocabulary.ts";

const Spent = schema("Spent", "What was spent", {
  effects: z.int().min(0).describe("How often it was done").meta({ example: 1 }),
});

const common = { tag: "Billing", scopes: ["billing:write"], responses: { 200: Spent }, idempotent: "key" } as const;
const contract = {
  spend: operation({
    ...common,
    id: "spend",
    method: "post",
    path: "/v1/spend",
    summary: "Spend one credit",
    credits: 1,
  }),
  spendSlowly: operation({
    ...common,
    id: "spendSlowly",
    method: "post",
    path: "/v1/spend-slowly",
    summary: "Spend five credits, in two steps",
    credits: 5,
  }),
};
type Ctx = Context<Db, ReelmarkPrincipal>;

const BIND = statement("spend-server.bind", "select set_config('app.org_id', $1, false)");
/** Something that the operation does, which must be there once for each success. */
const EFFECT = statement(
  "spend-server.effect",
  `insert into brands (id, org_id, name, slug, timezone, position) values ($1, $2, 'Spent', replace($1, '_', '-'), 'UTC', 0)`,
);
const COUNT = statement("spend-server.count", "select count(*) as effects from brands");

/**
 * Two operations that cost credits, on the real pipeline and Reelmark's own ledger, over HTTP. A bearer token is the id of
 * the organization that it spends for.
 */
export async function startSpendServer(
  databaseUrl: string,
  options: { prepare?: () => Promise<void>; connections?: number } = {},
) {
  const pool = openPool({
    name: "spend",
    url: databaseUrl,
    role: APP_ROLE,
    max: options.connections ?? 20,
    onError: () => {},
  });
  const principal = (organization: string): ReelmarkPrincipal => ({
    id: "key_spender",
    kind: "api_key",
    organization,
    scopes: new Set(["billing:write"]),
    perMinute: 0,
    userId: "usr_spender",
    role: "owner",
    endsAt: null,
  });
  const effect = async ({ db, org, newId }: Ctx) => {
    await db.run(EFFECT, [newId("brd"), org]);
    return { effects: (await db.one<{ effects: number }>(COUNT))?.effects ?? 0 };
  };
  const handlers = handlersFor<typeof contract, Ctx>()({
    spend: async (_input, ctx) => ctx.reply(200, await effect(ctx)),
    spendSlowly: twoSteps<(typeof contract)["spendSlowly"], Ctx, undefined>({
      prepare: async () => options.prepare?.() as Promise<undefined>,
      commit: async (_input, ctx) => ctx.reply(200, await effect(ctx)),
    }),
  });
  const errors: string[] = [];
  const api = implement<typeof contract, Db, ReelmarkPrincipal>(contract, handlers, {
    backend: postgresBackend<ReelmarkPrincipal>({
      pool,
      authenticator:
        async ({ token = "" }) =>
        async (db) => {
          await db.run(BIND, [token]);
          return principal(token);
        },
      anonymous: principal,
      credits: ledger(Date.now),
    }),
    limiter: new Limiter(memoryLimiter),
    limits: { public: 0, failures: 0, organization: 0 },
    log: { info: () => {}, warn: () => {}, error: (fields) => void errors.push(JSON.stringify(fields)) },
    base: "/api",
    cors: [],
    responses: "check",
    clock: Date.now,
    addressOf: () => "127.0.0.1",
    implied: {},
    observe: () => {},
    onExcess: () => {},
  });
  const app = new Hono();
  api.mount(app);
  const serving = await serve({ fetch: app.fetch, host: "127.0.0.1", port: 0 });
  const call = (path: string) => (organization: string, key?: string) =>
    fetch(`${serving.url}/api/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${organization}`, ...(key ? { "idempotency-key": key } : {}) },
    });
  return {
    spend: call("spend"),
    spendSlowly: call("spend-slowly"),
    /** What the server logged as errors. */
    errors,
    async close() {
      await serving.close(1000);
      await pool.end();
    },
  };
}
