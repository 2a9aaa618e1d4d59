import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { requireNoSubscription } from "../billing/service.ts";
import { handlers } from "../context.ts";
import { readPage } from "../kit/postgres/list.ts";
import { invitationHandlers, type OrganizationOptions } from "./invitations.ts";
import { endMembership, requireRank, requireStays } from "./members.ts";
import { foundOrganization, organizationsOf, requireOrganization } from "./service.ts";
import {
  COUNT_MEMBERS,
  DELETE,
  GET,
  GET_MEMBER,
  LIST_MEMBERS,
  LOCK,
  type MemberRow,
  type OrganizationRow,
  SET_ROLE,
  UPDATE,
} from "./sql.ts";

const noMember = () => new ApiError("NOT_FOUND", "There is no such member");

/** Handlers of organizations, members and invitations. */
export const organizationHandlers = (options: OrganizationOptions) => ({
  ...invitationHandlers(options),
  ...handlers({
    async listOrganizations(_input, ctx) {
      return ctx.reply(200, { data: await organizationsOf(ctx, ctx.principal.userId) });
    },

    async createOrganization({ body }, ctx) {
      return ctx.reply(201, await foundOrganization(ctx, ctx.principal.userId, body.name, options.defaultPlan));
    },

    async getOrganization(_input, { db, principal, reply }) {
      const row = await db.one<OrganizationRow>(GET, [principal.role]);
      if (!row) throw new Error("the bound organization has no row");
      return reply(200, row);
    },

    async updateOrganization({ body }, { db, principal, reply }) {
      await db.run(UPDATE, [body.name ?? null]);
      const row = await db.one<OrganizationRow>(GET, [principal.role]);
      if (!row) throw new Error("the bound organization has no row");
      return reply(200, row);
    },

    async deleteOrganization({ query }, { db, org, reply }) {
      await requireNoSubscription(db);
      if ((await db.run(DELETE, [org, query.confirm])) === 1) return reply(204);
      const message = "must be the organization's name, exactly";
      throw validationError([{ path: "query.confirm", code: "mismatch", message }]);
    },

    async listMembers({ query }, { db, reply }) {
      const filters = [query.role ?? null];
      const sort = { kinds: ["text"], values: (row: MemberRow) => [row.user_id] } as const;
      return reply(
        200,
        await readPage<MemberRow>(db, query, {
          name: "members",
          rows: LIST_MEMBERS,
          count: COUNT_MEMBERS,
          filters: filters,
          sort,
        }),
      );
    },

    async updateMember({ params, body }, ctx) {
      await ctx.db.run(LOCK);
      const member = await ctx.db.one<MemberRow>(GET_MEMBER, [params.user_id]);
      if (!member) throw noMember();
      const role = body.role ?? member.role;
      requireRank(ctx, member.role, role);
      if (member.role === "owner" && role !== "owner") await requireStays(ctx, member.user_id);
      await ctx.db.run(SET_ROLE, [member.user_id, role]);
      return ctx.reply(200, { ...member, role });
    },

    async removeMember({ params }, ctx) {
      await ctx.db.run(LOCK);
      const member = await ctx.db.one<MemberRow>(GET_MEMBER, [params.user_id]);
      if (!member) throw noMember();
      requireRank(ctx, member.role, "viewer");
      if (member.role === "owner") await requireStays(ctx, member.user_id);
      await endMembership(ctx, member.user_id);
      return ctx.reply(204);
    },

    async leaveOrganization(_input, ctx) {
      requireOrganization(ctx);
      await ctx.db.run(LOCK);
      const { userId } = ctx.principal;
      // Read under the lock: whoever was made an owner a moment ago may be the last one now.
      const member = await ctx.db.one<MemberRow>(GET_MEMBER, [userId]);
      if (member?.role === "owner") await requireStays(ctx, userId);
      await endMembership(ctx, userId);
      return ctx.reply(204);
    },
  }),
});
