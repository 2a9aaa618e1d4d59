import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { type Ctx, handlers } from "../context.ts";
import { denyExternal } from "../issuers/service.ts";
import { refuse, twoSteps } from "../kit/handlers.ts";
import { readPage } from "../kit/postgres/list.ts";
import {
  COUNT_SESSIONS,
  DELETE_USER,
  END_OTHERS,
  END_OWN,
  LIST_SESSIONS,
  SET_PASSWORD,
  SOLE_OWNERSHIPS,
  USE_TOKEN,
  USER,
  USER_BY_EMAIL,
  VERIFY,
} from "./account-sql.ts";
import { checkAttempts, countAttempt, takeMail } from "./attempts.ts";
import { type AccountMail, mailTokenHash, type Purpose, sendToken, sendVerification } from "./mail-tokens.ts";
import type { Passwords } from "./passwords.ts";

export type AccountOptions = AccountMail & { readonly passwords: Passwords };

type UserRow = { id: string; email: string | null; name: string; password_hash: string | null; verified: boolean };
type SessionRow = { id: string; current: boolean; created_at: string; expires_at: string };

const deadToken = () =>
  new ApiError("UNAUTHORIZED", "This token is not valid, was used, or is over: ask for a new mail", {
    headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
  });

/** Uses a mail's token up. Throws 401 when it is not good. */
async function useToken(ctx: Ctx, token: string, purpose: Purpose): Promise<{ user_id: string; email: string }> {
  const row = await ctx.db.one<{ user_id: string; email: string }>(USE_TOKEN, [mailTokenHash(token), purpose]);
  if (!row) throw deadToken();
  ctx.identify(row.user_id);
  return row;
}

async function me(ctx: Ctx): Promise<UserRow> {
  const user = await ctx.db.one<UserRow>(USER, [ctx.principal.userId]);
  if (!user) throw new Error("the principal's user has no row");
  return user;
}

/** Handlers of a user's own account: address, password, sessions, and its end. */
export const accountHandlers = (options: AccountOptions) =>
  handlers({
    async requestEmailVerification(_input, ctx) {
      const user = await me(ctx);
      if (!user.verified && user.email !== null) {
        await takeMail(ctx, user.email);
        await sendVerification(ctx, options, user);
      }
      return ctx.reply(204);
    },

    async verifyEmail({ body }, ctx) {
      const { user_id, email } = await useToken(ctx, body.token, "verify");
      if ((await ctx.db.run(VERIFY, [user_id, email])) === 0) throw deadToken();
      return ctx.reply(204);
    },

    async requestPasswordReset({ body }, ctx) {
      const email = body.email.toLowerCase();
      await takeMail(ctx, email);
      const user = await ctx.db.one<{ id: string; email: string }>(USER_BY_EMAIL, [email]);
      if (user) await sendToken(ctx, options, "reset", user);
      return ctx.reply(204);
    },

    resetPassword: twoSteps({
      prepare: ({ body }) => options.passwords.hash(body.password),
      async commit({ body }, ctx, passwordHash) {
        const { user_id, email } = await useToken(ctx, body.token, "reset");
        await ctx.db.run(SET_PASSWORD, [user_id, passwordHash]);
        await ctx.db.run(END_OTHERS, [user_id, ""]);
        // Whoever read the mail has shown that the address is theirs.
        await ctx.db.run(VERIFY, [user_id, email]);
        return ctx.reply(204);
      },
    }),

    changePassword: twoSteps({
      async prepare({ body }, { read, principal, address }) {
        const user = await read(async (db) => {
          const found = await db.one<UserRow>(USER, [principal.userId]);
          await checkAttempts(db, found?.email ?? principal.userId, address);
          return found;
        });
        const good = await options.passwords.verify(body.current_password, user?.password_hash ?? undefined);
        return {
          good,
          key: user?.email ?? principal.userId,
          hash: good ? await options.passwords.hash(body.new_password) : "",
        };
      },
      async commit(_input, ctx, { good, key, hash }) {
        if (!good) {
          return refuse((await countAttempt(ctx, key)) ?? new ApiError("FORBIDDEN", "The present password is wrong"));
        }
        // Asked again: while this one was hashing, guesses beside it may have closed the account.
        await checkAttempts(ctx.db, key, ctx.address);
        await ctx.db.run(SET_PASSWORD, [ctx.principal.userId, hash]);
        await ctx.db.run(END_OTHERS, [ctx.principal.userId, ctx.principal.id]);
        return ctx.reply(204);
      },
    }),

    async listSessions({ query }, { db, principal, reply }) {
      const { userId, id } = principal;
      return reply(
        200,
        await readPage<SessionRow>(db, query, {
          name: "sessions",
          rows: LIST_SESSIONS,
          count: COUNT_SESSIONS,
          filters: [userId, id],
          countFilters: [userId],
        }),
      );
    },

    async endSession({ params }, { db, principal, reply }) {
      if ((await db.run(END_OWN, [params.session_id, principal.userId])) === 1) return reply(204);
      throw new ApiError("NOT_FOUND", "There is no such session of yours");
    },

    async deleteAccount({ query }, ctx) {
      const user = await me(ctx);
      if (query.confirm !== user.name) {
        const message = "must be your name, exactly as in your profile";
        throw validationError([{ path: "query.confirm", code: "mismatch", message }]);
      }
      const owned = await ctx.db.rows<{ id: string; name: string }>(SOLE_OWNERSHIPS, [user.id]);
      if (owned.length > 0) {
        throw new ApiError("CONFLICT", "You are the last owner of an organization: hand it over or delete it first", {
          details: { organizations: owned.map(({ id }) => id) },
        });
      }
      await ctx.db.run(DELETE_USER, [user.id]);
      // Or the next request with this token would make the user anew.
      if (ctx.principal.external) await denyExternal(ctx, ctx.principal.external);
      return ctx.reply(204);
    },
  });
