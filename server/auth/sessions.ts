import { hash, randomBytes } from "node:crypto";
import type { Ctx } from "../context.ts";
import { organizationsOf } from "../organizations/service.ts";
import { END_SESSION, EXTEND_SESSION, INSERT_REFRESH, INSERT_SESSION, type UserRow } from "./sql.ts";
import type { Tokens } from "./tokens.ts";

export type SessionOptions = { readonly tokens: Tokens; readonly refreshDays: number };

/** What is stored of a refresh token. */
export const refreshHash = (token: string): Buffer => hash("sha256", token, "buffer");

async function answer(ctx: Ctx, options: SessionOptions, sessionId: string, user: UserRow, expiresAt: string) {
  const refreshToken = `rmr_${randomBytes(32).toString("base64url")}`;
  await ctx.db.run(INSERT_REFRESH, [refreshHash(refreshToken), sessionId]);
  const [organization = null] = await organizationsOf(ctx, user.id);
  ctx.identify(user.id);
  return {
    access_token: await options.tokens.issue(ctx.db, sessionId, user.id, ctx.now()),
    token_type: "Bearer" as const,
    expires_in: options.tokens.lifetimeSeconds,
    refresh_token: refreshToken,
    refresh_expires_at: expiresAt,
    user,
    organization,
  };
}

/** Starts a session of a user and answers with its tokens. */
export async function startSession(ctx: Ctx, options: SessionOptions, user: UserRow) {
  const id = ctx.newId("ses");
  const row = await ctx.db.one<{ expires_at: string }>(INSERT_SESSION, [id, user.id, options.refreshDays]);
  return answer(ctx, options, id, user, row?.expires_at ?? "");
}

/** Goes on with a session: a new pair of tokens, and its end moved on. */
export async function continueSession(ctx: Ctx, options: SessionOptions, sessionId: string, user: UserRow) {
  const row = await ctx.db.one<{ expires_at: string }>(EXTEND_SESSION, [sessionId, options.refreshDays]);
  return answer(ctx, options, sessionId, user, row?.expires_at ?? "");
}

/** Ends a session with its whole family of refresh tokens. */
export const endSession = (ctx: Ctx, sessionId: string) => ctx.db.run(END_SESSION, [sessionId]);
