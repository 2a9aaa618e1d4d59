import { ApiError } from "../../spec/kit/errors.ts";
import type { PlanId } from "../../spec/plans.ts";

import { type Ctx, handlers } from "../context.ts";
import { denyExternal } from "../issuers/service.ts";
import { refuse, twoSteps } from "../kit/handlers.ts";
import { violates } from "../kit/postgres/db.ts";
import type { Mailer } from "../mail/service.ts";
import { acceptInvitation, foundOrganization, openInvitation } from "../organizations/service.ts";
import { checkAttempts, countAttempt, forgetAttempts } from "./attempts.ts";
import { sendVerification } from "./mail-tokens.ts";
import type { Passwords } from "./passwords.ts";
import { insertUser } from "./service.ts";
import { continueSession, endSession, refreshHash, type SessionOptions, startSession } from "./sessions.ts";
import { ANY_USER, FIND_REFRESH, SIGN_UP_LOCK, USE_REFRESH, USER_BY_EMAIL, USER_BY_ID, type UserRow } from "./sql.ts";

/** Who may sign up: the operator's SIGN_UP. */
export type SignUpPolicy = "first-user-only" | "invite" | "open";

export type AuthOptions = SessionOptions & {
  readonly passwords: Passwords;
  readonly signUp: SignUpPolicy;
  readonly defaultPlan: PlanId;
  readonly mailer: Mailer;
  readonly publicUrl: string;
};

const CLOSED: Record<Exclude<SignUpPolicy, "open">, string> = {
  "first-user-only": "Sign-up is closed: this server takes its first user alone. Ask its operator for an account",
  invite: "Sign-up is by invitation: ask a member of the organization to invite you",
};

const wrong = () =>
  new ApiError("UNAUTHORIZED", "The e-mail address or the password is wrong", {
    headers: { "WWW-Authenticate": "Bearer" },
  });

const badRefresh = () =>
  new ApiError("UNAUTHORIZED", "This refresh token is not valid: log in again", {
    headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
  });

/** Upper and lower case are one address. */
const normal = (email: string) => email.toLowerCase();

type NewUser = {
  email: string;
  name: string;
  organization_name?: string | undefined;
  invitation_token?: string | undefined;
};

async function createUser(ctx: Ctx, input: NewUser, passwordHash: string): Promise<UserRow> {
  // An invitation came by mail to this very address, so that it is verified with the first request.
  const emailVerified = input.invitation_token !== undefined;
  const user = { id: ctx.newId("usr"), email: normal(input.email), name: input.name, passwordHash, emailVerified };
  return insertUser(ctx.db, user).catch((error: unknown) => {
    if (violates(error, "users_email_key"))
      throw new ApiError("CONFLICT", "This address has an account: log in instead");
    throw error;
  });
}

/** Handlers of sign-up, log-in, refresh and logout. */
export const authHandlers = (options: AuthOptions) =>
  handlers({
    signUp: twoSteps({
      async prepare({ body }, { read }) {
        const token = body.invitation_token;
        if (token !== undefined) {
          // First of all: without its token nobody learns whether an address has an account, nor makes us hash.
          await read((db) => openInvitation(db, normal(body.email), token));
          return options.passwords.hash(body.password);
        }
        const taken = await read((db) => db.one<{ present: boolean }>(ANY_USER));
        // Asked again under the lock; here it saves the work of hashing for a door that is closed.
        if (taken?.present && options.signUp !== "open") throw new ApiError("FORBIDDEN", CLOSED[options.signUp]);
        return options.passwords.hash(body.password);
      },
      async commit({ body }, ctx, passwordHash) {
        const token = body.invitation_token;
        if (token !== undefined) {
          const user = await createUser(ctx, body, passwordHash);
          await acceptInvitation(ctx, user, token);
          return ctx.reply(201, await startSession(ctx, options, user));
        }
        if (options.signUp !== "open") {
          await ctx.db.run(SIGN_UP_LOCK);
          const taken = await ctx.db.one<{ present: boolean }>(ANY_USER);
          if (taken?.present) throw new ApiError("FORBIDDEN", CLOSED[options.signUp]);
        }
        const user = await createUser(ctx, body, passwordHash);
        await foundOrganization(ctx, user.id, body.organization_name ?? body.name, options.defaultPlan);
        await sendVerification(ctx, options, user);
        return ctx.reply(201, await startSession(ctx, options, user));
      },
    }),

    login: twoSteps({
      async prepare({ body }, { read, address }) {
        const email = normal(body.email);
        const found = await read(async (db) => {
          await checkAttempts(db, email, address);
          return db.one<UserRow & { password_hash: string }>(USER_BY_EMAIL, [email]);
        });
        const good = await options.passwords.verify(body.password, found?.password_hash);
        return good ? found : undefined;
      },
      async commit({ body }, ctx, found) {
        const email = normal(body.email);
        if (!found) {
          return refuse((await countAttempt(ctx, email)) ?? wrong());
        }
        // Asked again: while this one was hashing, guesses beside it may have closed the account.
        await checkAttempts(ctx.db, email, ctx.address);
        await forgetAttempts(ctx, email);
        const { password_hash: _hash, ...user } = found;
        return ctx.reply(200, await startSession(ctx, options, user));
      },
    }),

    async refreshSession({ body }, ctx) {
      const token = refreshHash(body.refresh_token);
      type Found = { session_id: string; user_id: string; used: boolean; alive: boolean };
      const found = await ctx.db.one<Found>(FIND_REFRESH, [token]);
      if (!found?.alive) throw badRefresh();
      if (found.used) {
        // Somebody holds a copy, and nobody can say who is the thief: the family ends (RFC 9700 §4.14.2).
        await endSession(ctx, found.session_id);
        return refuse(badRefresh());
      }
      await ctx.db.run(USE_REFRESH, [token]);
      const user = await ctx.db.one<UserRow>(USER_BY_ID, [found.user_id]);
      if (!user) throw badRefresh();
      return ctx.reply(200, await continueSession(ctx, options, found.session_id, user));
    },

    async logout(_input, ctx) {
      const { id, external } = ctx.principal;
      await (external ? denyExternal(ctx, external) : endSession(ctx, id));
      return ctx.reply(204);
    },
  });
