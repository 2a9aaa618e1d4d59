import { ApiError, type Client } from "../../client/index.ts";
import { PASSWORD } from "./credentials.ts";
import type { MailAction, SentMail } from "./outbox.ts";
import type { World } from "./world.ts";

/** "sam.keller@orangecat.example" is Sam Keller's. */
const nameOf = (email: string): string =>
  (email.split("@")[0] ?? "")
    .split(/[._-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");

/** Somebody without an account signs up with the token; somebody with one logs in and accepts. */
async function accept(api: (token?: string) => Client, email: string, token: string): Promise<string> {
  try {
    await api().signUp({ body: { email, name: nameOf(email), password: PASSWORD, invitation_token: token } });
    return `${email} signed up, and joined. The password is the one of all users of the seed`;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "CONFLICT") throw error;
  }
  const { access_token } = await api().login({ body: { email, password: PASSWORD } });
  await api(access_token).acceptInvitation({ body: { token } });
  return `${email} logged in, and joined`;
}

const DO: Readonly<Record<MailAction["kind"], (world: World, mail: SentMail, token: string) => Promise<string>>> = {
  "verify-email": async ({ api }, { to }, token) => {
    await api().verifyEmail({ body: { token } });
    return `The address ${to} is verified`;
  },
  "reset-password": async ({ api }, { to }, token) => {
    await api().resetPassword({ body: { token, password: PASSWORD } });
    return `The password of ${to} is the one of all users of the seed again`;
  },
  "accept-invitation": ({ api }, { to }, token) => accept(api, to, token),
};

/**
 * Does what a mail asks its reader to, by the public API alone: verifies, resets the password to the seed's, accepts.
 * @returns A sentence that says what was done. Throws ApiError when the API refuses, as for a token that was used.
 */
export async function follow(world: World, mail: SentMail): Promise<string> {
  if (mail.action === null) return "This mail asks for nothing";
  return DO[mail.action.kind](world, mail, mail.action.token);
}
