import { randomBytes } from "node:crypto";
import { ApiError } from "../../spec/kit/errors.ts";
import type { PlanId } from "../../spec/plans.ts";
import { handlers } from "../context.ts";
import { statement } from "../kit/postgres/db.ts";
import { readPage } from "../kit/postgres/list.ts";
import type { Mailer } from "../mail/service.ts";
import { requireRank } from "./members.ts";
import { acceptInvitation, invitationHash, requireSeat } from "./service.ts";
import {
  COUNT_INVITATIONS,
  DELETE_INVITATION,
  GET,
  INSERT_INVITATION,
  type InvitationRow,
  LIST_INVITATIONS,
  OPEN_FOR,
  type OrganizationRow,
} from "./sql.ts";

export type OrganizationOptions = {
  readonly defaultPlan: PlanId;
  readonly mailer: Mailer;
  /** The URL that people use; mails point there. */
  readonly publicUrl: string;
};

const VERIFIED_USER = statement(
  "invitations.user",
  "select id, email, email_verified_at is not null as verified from users where id = $1",
);

function invitationText(organization: string, url: string, token: string): string {
  return `You are invited to ${organization} on Reelmark.

Open this page: it asks you to log in, or to sign up.

${url}/console/join?token=${token}

By the API: with an account for this address

    POST ${url}/api/v1/invitations/accept   { "token": "…" }

and without one, the token as "invitation_token":

    POST ${url}/api/v1/auth/sign-up

It works once, for 7 days. If you expected nothing like this, leave it: nothing happens.
`;
}

/** Handlers of invitations. */
export const invitationHandlers = ({ mailer, publicUrl }: OrganizationOptions) =>
  handlers({
    async listInvitations({ query }, { db, reply }) {
      return reply(
        200,
        await readPage<InvitationRow>(db, query, {
          name: "invitations",
          rows: LIST_INVITATIONS,
          count: COUNT_INVITATIONS,
          filters: [],
        }),
      );
    },

    async createInvitation({ body }, ctx) {
      requireRank(ctx, body.role);
      await requireSeat(ctx, 0);
      const email = body.email.toLowerCase();
      const present = await ctx.db.one<{ invited: number; joined: number }>(OPEN_FOR, [email]);
      if (present && present.joined > 0) throw new ApiError("CONFLICT", "This address is a member's already");
      if (present && present.invited > 0) {
        throw new ApiError("CONFLICT", "This address is invited already: revoke that invitation first to send another");
      }
      const token = `rmi_${randomBytes(32).toString("base64url")}`;
      const values = [ctx.newId("inv"), ctx.org, email, body.role, invitationHash(token), ctx.principal.userId];
      const row = await ctx.db.one<InvitationRow>(INSERT_INVITATION, values);
      const organization = await ctx.db.one<OrganizationRow>(GET, [null]);
      if (!row || !organization) throw new Error("insert returned no row");
      const subject = `You are invited to ${organization.name}`;
      await mailer.queue(ctx, { to: email, subject, text: invitationText(organization.name, publicUrl, token) });
      return ctx.reply(201, row);
    },

    async revokeInvitation({ params }, { db, reply }) {
      if ((await db.run(DELETE_INVITATION, [params.invitation_id])) === 1) return reply(204);
      throw new ApiError("NOT_FOUND", "There is no such open invitation");
    },

    async acceptInvitation({ body }, ctx) {
      const user = await ctx.db.one<{ id: string; email: string | null; verified: boolean }>(VERIFIED_USER, [
        ctx.principal.userId,
      ]);
      if (!user?.verified) {
        throw new ApiError("FORBIDDEN", "Verify your address first: an invitation is for whoever can read its mail");
      }
      return ctx.reply(200, await acceptInvitation(ctx, user, body.token));
    },
  });
