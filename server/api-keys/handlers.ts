import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { IMPLIED_SCOPES, type Scope } from "../../spec/vocabulary.ts";
import { type Ctx, handlers, type ReelmarkPrincipal } from "../context.ts";
import { readPage } from "../kit/postgres/list.ts";
import type { WorkServices } from "../services.ts";
import { hashKey, newKey, shownPrefix } from "./service.ts";
import { type ApiKeyRow, COUNT, DELETE, EXPIRE_IN, GET, INSERT, LIST, REVOKE, UPDATE } from "./sql.ts";

const missing = () => new ApiError("NOT_FOUND", "There is no such API key");

/** Nobody mints a scope that they lack: 403 with the names. */
function requireScopes(principal: ReelmarkPrincipal, wanted: readonly Scope[]): void {
  const implied = [...principal.scopes].flatMap((scope) => IMPLIED_SCOPES[scope as Scope] ?? []);
  const held = new Set<string>([...principal.scopes, ...implied]);
  const lacking = wanted.filter((scope) => !held.has(scope));
  if (lacking.length === 0) return;
  throw new ApiError("FORBIDDEN", `You cannot give a key what you lack: ${lacking.join(", ")}`, {
    details: { missing_scopes: lacking },
  });
}

/** When a key that `principal` makes may end: in the future, and, for one made by a key or a client, no later than its maker. */
function allowedExpiry(ctx: Ctx, wanted: string | null): string | null {
  if (wanted !== null && Date.parse(wanted) <= ctx.now()) {
    throw validationError([{ path: "body.expires_at", code: "too_small", message: "must be in the future" }]);
  }
  const { kind, endsAt } = ctx.principal;
  const end = wanted ?? (kind === "session" ? null : endsAt);
  requireLifetime(ctx.principal, end);
  return end;
}

/** Nobody mints a lifetime that they lack: 403 when a key that a key makes would outlive its maker. */
function requireLifetime({ kind, endsAt }: ReelmarkPrincipal, end: string | null): void {
  if (kind === "session" || endsAt === null) return;
  if (end !== null && Date.parse(end) <= Date.parse(endsAt)) return;
  throw new ApiError("FORBIDDEN", `A key made by a key or a client ends no later than its maker, at ${endsAt}`, {
    details: { latest_expires_at: endsAt },
  });
}

/** A key, or a client, manages only keys no wider than itself (design §4); a session, all of its organization. */
async function managed(ctx: Ctx, id: string): Promise<ApiKeyRow> {
  const row = await ctx.db.one<ApiKeyRow>(GET, [id]);
  if (!row) throw missing();
  if (ctx.principal.kind !== "session") requireScopes(ctx.principal, row.scopes as Scope[]);
  return row;
}

async function insertKey(
  ctx: Ctx,
  prefix: string,
  fields: { label: string; scopes: readonly string[]; expiresAt: string | null },
) {
  const key = newKey(prefix);
  const row = await ctx.db.one<ApiKeyRow>(INSERT, [
    ctx.newId("key"),
    ctx.org,
    ctx.principal.userId,
    fields.label,
    hashKey(key),
    shownPrefix(prefix, key),
    fields.scopes,
    fields.expiresAt,
  ]);
  if (!row) throw new ApiError("FORBIDDEN", "You are no longer a member of this organization");
  return { ...toApiKey(row), key };
}

// The table's check and every write keep `scopes` within the vocabulary; the response check would show a stray one.
const toApiKey = (row: ApiKeyRow) => ({ ...row, scopes: row.scopes as Scope[] });

/** Handlers of the API keys. `prefix` is the operator's API_KEY_PREFIX. */
export const apiKeyHandlers = (prefix: string, { events }: Pick<WorkServices, "events">) => {
  /** Tells of a key, without its secret. */
  const tell = (ctx: Ctx, type: "api_key.created" | "api_key.revoked", row: ApiKeyRow) =>
    events.emit(ctx.db, ctx.org, ctx.now(), type, toApiKey(row));

  /** Ends a key for good; told the first time only. */
  const revoke = async (ctx: Ctx, present: ApiKeyRow): Promise<ApiKeyRow> => {
    const row = await ctx.db.one<ApiKeyRow>(REVOKE, [present.id]);
    if (!row) throw missing();
    if (present.status !== "revoked") await tell(ctx, "api_key.revoked", row);
    return row;
  };

  return handlers({
    async listApiKeys({ query }, { db, reply }) {
      return reply(
        200,
        await readPage<ApiKeyRow, ReturnType<typeof toApiKey>>(db, query, {
          name: "api-keys",
          rows: LIST,
          count: COUNT,
          filters: [query.status ?? null],
          item: toApiKey,
        }),
      );
    },

    async createApiKey({ body }, ctx) {
      requireScopes(ctx.principal, body.scopes);
      const expiresAt = allowedExpiry(ctx, body.expires_at ?? null);
      const made = await insertKey(ctx, prefix, { label: body.label, scopes: body.scopes, expiresAt });
      await tell(ctx, "api_key.created", made);
      return ctx.reply(201, made);
    },

    async getApiKey({ params }, { db, reply }) {
      const row = await db.one<ApiKeyRow>(GET, [params.api_key_id]);
      if (!row) throw missing();
      return reply(200, toApiKey(row));
    },

    async updateApiKey({ params, body }, ctx) {
      const row = await managed(ctx, params.api_key_id);
      if (body.scopes) requireScopes(ctx.principal, body.scopes);
      const expiresAt = body.expires_at === undefined ? row.expires_at : allowedExpiry(ctx, body.expires_at);
      const values = [params.api_key_id, body.label ?? row.label, body.scopes ?? row.scopes, expiresAt];
      const updated = await ctx.db.one<ApiKeyRow>(UPDATE, values);
      if (!updated) throw new ApiError("CONFLICT", `This key is ${row.status}, for good: create or rotate one instead`);
      return ctx.reply(200, toApiKey(updated));
    },

    async deleteApiKey({ params }, ctx) {
      const row = await managed(ctx, params.api_key_id);
      await ctx.db.run(DELETE, [row.id]);
      if (row.status !== "revoked") await tell(ctx, "api_key.revoked", { ...row, status: "revoked" });
      return ctx.reply(204);
    },

    async rotateApiKey({ params, body }, ctx) {
      await ctx.lock("api_key", [params.api_key_id]);
      const old = await managed(ctx, params.api_key_id);
      requireScopes(ctx.principal, old.scopes as Scope[]);
      if (old.status !== "active")
        throw new ApiError("CONFLICT", `This key is ${old.status}: create a new one instead`);
      requireLifetime(ctx.principal, old.expires_at);
      const made = await insertKey(ctx, prefix, { label: old.label, scopes: old.scopes, expiresAt: old.expires_at });
      await tell(ctx, "api_key.created", made);
      if (body.overlap_seconds === 0) await revoke(ctx, old);
      else await ctx.db.run(EXPIRE_IN, [old.id, body.overlap_seconds]);
      return ctx.reply(201, made);
    },

    async revokeApiKey({ params }, ctx) {
      const row = await revoke(ctx, await managed(ctx, params.api_key_id));
      return ctx.reply(200, toApiKey(row));
    },
  });
};
