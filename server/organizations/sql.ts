import type { PlanId } from "../../spec/plans.ts";
import type { Role } from "../../spec/roles.ts";
import { statement } from "../kit/postgres/db.ts";

export type OrganizationRow = { id: string; name: string; plan: PlanId; role: Role; created_at: string };
export type MemberRow = { user_id: string; name: string; email: string | null; role: Role; joined_at: string };
export type InvitationRow = {
  id: string;
  email: string;
  role: Role;
  status: "pending" | "accepted" | "expired";
  invited_by: string | null;
  created_at: string;
  expires_at: string;
};

export const ORGANIZATIONS_OF = statement("organizations.of-user", "select * from organizations_of($1)");
export const BIND_ORG = statement("organizations.bind", "select set_config('app.org_id', $1, true)");
export const INSERT = statement(
  "organizations.insert",
  "insert into organizations (id, name, plan) values ($1, $2, $3) returning id, name, plan, 'owner' as role, created_at",
);
export const GET = statement(
  "organizations.get",
  "select id, name, plan, $1::text as role, created_at from organizations",
);
// Held by whatever changes who is in the organization, whichever organization the caller's credential is bound to. Rows that
// refer to the organization can be written meanwhile.
export const LOCK = statement("organizations.lock", "select id from organizations for no key update");
export const UPDATE = statement("organizations.update", "update organizations set name = coalesce($1, name)");
export const DELETE = statement("organizations.delete", "delete from organizations where id = $1 and name = $2");

export const INSERT_MEMBER = statement(
  "members.insert",
  "insert into memberships (org_id, user_id, role) values ($1, $2, $3) on conflict do nothing",
);
const MEMBER = `select m.user_id, u.name, u.email, m.role, m.created_at as joined_at
     from memberships m join users u on u.id = m.user_id`;
export const LIST_MEMBERS = statement(
  "members.list",
  `${MEMBER} where ($1::text is null or m.role = $1) and ($2::text is null or m.user_id > $2)
    order by m.user_id limit $3 offset $4`,
);
export const COUNT_MEMBERS = statement(
  "members.count",
  "select count(*) as total from memberships where ($1::text is null or role = $1)",
);
export const GET_MEMBER = statement("members.get", `${MEMBER} where m.user_id = $1`);
export const OTHER_OWNERS = statement(
  "members.other-owners",
  "select count(*) as total from memberships where role = 'owner' and user_id <> $1",
);
export const SET_ROLE = statement("members.set-role", "update memberships set role = $2 where user_id = $1");
export const REMOVE_MEMBER = statement("members.remove", "delete from memberships where user_id = $1");
// For good: a key must not come back to life when its user is invited again.
export const REVOKE_KEYS_OF = statement(
  "members.revoke-keys",
  "update api_keys set revoked_at = coalesce(revoked_at, now()) where created_by = $1",
);

const STATUS = `case when accepted_at is not null then 'accepted' when expires_at <= now() then 'expired' else 'pending' end`;
const INVITATION = `id, email, role, ${STATUS} as status, invited_by, created_at, expires_at`;
export const LIST_INVITATIONS = statement(
  "invitations.list",
  `select ${INVITATION} from invitations where ($1::text is null or id < $1) order by id desc limit $2 offset $3`,
);
export const COUNT_INVITATIONS = statement("invitations.count", "select count(*) as total from invitations");
export const INSERT_INVITATION = statement(
  "invitations.insert",
  `insert into invitations (id, org_id, email, role, token_hash, invited_by, expires_at)
   values ($1, $2, $3, $4, $5, $6, now() + interval '7 days') returning ${INVITATION}`,
);
export const OPEN_FOR = statement(
  "invitations.open-for",
  `select (select count(*) from invitations where email = $1 and accepted_at is null and expires_at > now()) as invited,
          (select count(*) from memberships m join users u on u.id = m.user_id where u.email = $1) as joined`,
);
export const DELETE_INVITATION = statement(
  "invitations.delete",
  "delete from invitations where id = $1 and accepted_at is null",
);
export const BY_TOKEN = statement("invitations.by-token", "select * from invitation_by_token($1)");
export const ACCEPT = statement(
  "invitations.accept",
  "update invitations set accepted_at = now() where id = $1 and accepted_at is null and expires_at > now()",
);
export const SEATS = statement(
  "organizations.seats",
  `select o.plan, (select count(*) from memberships) as members,
          (select count(*) from invitations where accepted_at is null and expires_at > now()) as invited
     from organizations o`,
);
