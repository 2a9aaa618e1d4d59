import { hash, randomBytes } from "node:crypto";
import type { Ctx } from "../context.ts";
import type { Mailer } from "../mail/service.ts";
import { DROP_TOKENS, INSERT_TOKEN, LIFETIME } from "./account-sql.ts";

/** What a mail's token is for. */
export type Purpose = keyof typeof LIFETIME;

export type AccountMail = { readonly mailer: Mailer; readonly publicUrl: string };

/** What is stored of a mail's token. */
export const mailTokenHash = (token: string): Buffer => hash("sha256", token, "buffer");

const TEXT: Record<Purpose, { subject: string; text: (url: string, token: string) => string }> = {
  verify: {
    subject: "Verify your address",
    text: (url, token) => `Welcome to Reelmark. Say on this page that the address is yours:

${url}/console/verify?token=${token}

By the API, with the token of that address:

    POST ${url}/api/v1/auth/verify-email   { "token": "…" }

It works once, for 24 hours. If you did not sign up, leave it: nothing happens.
`,
  },
  reset: {
    subject: "Reset your password",
    text: (url, token) => `Somebody asked to reset the password of this address on Reelmark. This page does it:

${url}/console/password?token=${token}

By the API, with the token of that address:

    POST ${url}/api/v1/auth/password-reset   { "token": "…", "password": "…" }

It works once, for an hour. If it was not you, leave it: your password stays as it is.
`,
  },
};

/** Sends a one-time token to a user's address; tokens sent before for the same purpose die. */
export async function sendToken(
  ctx: Ctx,
  mail: AccountMail,
  purpose: Purpose,
  user: { id: string; email: string },
): Promise<void> {
  const token = `rmm_${randomBytes(32).toString("base64url")}`;
  await ctx.db.run(DROP_TOKENS, [user.id, purpose]);
  await ctx.db.run(INSERT_TOKEN, [mailTokenHash(token), user.id, purpose, user.email, LIFETIME[purpose]]);
  const { subject, text } = TEXT[purpose];
  await mail.mailer.queue(ctx, { to: user.email, subject, text: text(mail.publicUrl, token) });
}

/** Sends the verification mail of a new user; nothing for one without an address. */
export async function sendVerification(
  ctx: Ctx,
  mail: AccountMail,
  user: { id: string; email: string | null },
): Promise<void> {
  if (user.email !== null) await sendToken(ctx, mail, "verify", { id: user.id, email: user.email });
}
