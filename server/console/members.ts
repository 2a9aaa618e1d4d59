import type { Item } from "../../client/index.ts";
import { ROLES } from "../../spec/roles.ts";
import { html } from "../kit/html.ts";
import { badge, crumb, facts, pager, question, table, time } from "./parts.ts";
import { findIn, form, onceOf, pageOf, type Route, type View } from "./view.ts";

type Member = Item<"listMembers">;

/** A choice of the roles that the user may give: none above their own. */
function roleChoice({ profile }: View, chosen: string) {
  const roles = ROLES.slice(ROLES.indexOf(profile.organization.role));
  return html`
    <label for="role">Role</label>
    <select id="role" name="role" aria-describedby="role-hint">
      ${roles.map((role) => html`<option ${role === chosen && html`selected`}>${role}</option>`)}
    </select>
    <p class="hint" id="role-hint"><a href="/docs#tag/guide-roles">What each role may do</a></p>`;
}

const list: Route = {
  path: "members",
  async get(view) {
    const writes = view.may("organization:write");
    const [members, invitations] = await Promise.all([
      view.api.listMembers({ query: pageOf(view) }),
      view.api.listInvitations({ query: { limit: 100 } }),
    ]);
    const people = members.data.map(({ user_id, name, email, role, joined_at }) => [
      html`${writes ? html`<a href="${view.root}/members/${user_id}">${name}</a>` : name}${user_id === view.session.userId && html` <span class="soft">(you)</span>`}`,
      email ?? "–",
      role,
      time(view, joined_at),
    ]);
    const open = invitations.data.filter(({ status }) => status !== "accepted");
    const invited = open.map(({ id, email, role, status, expires_at }) => [
      email,
      role,
      badge(status),
      time(view, expires_at),
      writes && html`<a href="${view.root}/invitations/${id}/revoke">Revoke…</a>`,
    ]);
    return {
      title: "Members",
      body: html`
        <div class="row">
          <p class="soft">Who is in ${view.profile.organization.name}. Your role is ${view.profile.organization.role}.</p>
          ${writes && html`<a class="button" href="${view.root}/members/invite">Invite someone</a>`}
        </div>
        ${table("Members", ["Name", "E-mail address", "Role", "Joined"], people)}
        ${pager(view, members.next_cursor)}
        ${
          invited.length > 0 &&
          html`<h2>Invitations</h2>${table("Invitations", ["E-mail address", "Role", "Status", "Ends", "Action"], invited)}`
        }`,
    };
  },
};

const invite: Route = {
  path: "members/invite",
  needs: "organization:write",
  async get(view, _id, fields) {
    const inner = html`
      <label for="email">E-mail address</label>
      <input id="email" name="email" type="email" required maxlength="254" autocomplete="off" value="${fields.get("email")}" autofocus>
      ${roleChoice(view, fields.get("role") ?? "member")}
      <p class="soft">They get a mail with a token that works once, for 7 days.</p>
      <div class="row"><button>Invite</button><a class="button plain" href="${view.root}/members">Back</a></div>`;
    return {
      title: "Invite someone",
      body: html`${crumb(view, "members", "Members")}<div class="narrow">${form(view, inner, fields)}</div>`,
    };
  },
  async post(view, _id, fields) {
    const email = (fields.get("email") ?? "").trim();
    await view.api.createInvitation({ ...onceOf(fields), body: { email, role: roleIn(fields) } });
    return "members?done=invited";
  },
};

// What is no role, the API refuses.
const roleIn = (fields: URLSearchParams) => (fields.get("role") ?? "") as Member["role"];

const find = ({ api }: View, id: string) => findIn(api.listMembers.all(), ({ user_id }) => user_id === id);

const one: Route = {
  path: "members/usr_",
  needs: "organization:write",
  async get(view, id, fields) {
    const member = await find(view, id);
    const above = ROLES.indexOf(member.role) < ROLES.indexOf(view.profile.organization.role);
    const change = html`${roleChoice(view, fields.get("role") ?? member.role)}<button class="plain">Change the role</button>`;
    return {
      title: member.name,
      body: html`
        ${crumb(view, "members", "Members")}
        ${facts([
          ["E-mail address", member.email ?? "–"],
          ["Role", member.role],
          ["Joined", time(view, member.joined_at)],
          ["Id", html`<code>${id}</code>`],
        ])}
        ${
          above
            ? html`<p class="soft">Only ${member.role}s change ${member.role}s.</p>`
            : html`<div class="narrow">${form(view, change)}</div>
              <div class="row danger"><p class="soft">Their keys end with their membership.</p>
                <a class="button plain" href="${view.root}/members/${id}/remove">Remove…</a></div>`
        }`,
    };
  },
  async post(view, id, fields) {
    await view.api.updateMember({ params: { user_id: id }, body: { role: roleIn(fields) } });
    return `members/${id}?done=role-changed`;
  },
};

const remove: Route = {
  path: "members/usr_/remove",
  needs: "organization:write",
  async get(view, id) {
    const { name, email } = await find(view, id);
    const you = id === view.session.userId && html` <strong>This is you.</strong>`;
    const what = html`<strong>${name}</strong> (${email ?? "no address"}) loses ${view.profile.organization.name} from the next request on, and their keys end.${you}`;
    const body = question(view, (inner) => form(view, inner), { what, yes: "Remove them", no: `members/${id}` });
    return { title: "Remove this member?", body };
  },
  async post(view, id) {
    await view.api.removeMember({ params: { user_id: id } });
    return "members?done=member-removed";
  },
};

const revoke: Route = {
  path: "invitations/inv_/revoke",
  needs: "organization:write",
  async get(view, id) {
    const { email } = await findIn(view.api.listInvitations.all(), (one) => one.id === id && one.status !== "accepted");
    const what = html`The mail that <strong>${email}</strong> got is good for nothing any more.`;
    const body = question(view, (inner) => form(view, inner), { what, yes: "Revoke the invitation", no: "members" });
    return { title: "Revoke this invitation?", body };
  },
  async post(view, id) {
    await view.api.revokeInvitation({ params: { invitation_id: id } });
    return "members?done=invitation-revoked";
  },
};

/** Members of the organization, and who is invited. */
export const memberRoutes: readonly Route[] = [list, invite, one, remove, revoke];
