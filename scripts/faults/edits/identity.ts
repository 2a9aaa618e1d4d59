import type { SourceEdit } from "./edit.ts";

/** Mistakes in organizations, accounts and credentials. */
export const IDENTITY_EDITS: readonly SourceEdit[] = [
  {
    name: "organization-answered-before-written",
    about: "PATCH /v1/organization answers the old name (and an ETag that is over); the next GET has the new one",
    file: "server/organizations/handlers.ts",
    find: "await db.run(UPDATE, [body.name ?? null]);\n      const row = await db.one<OrganizationRow>(GET, [principal.role]);",
    replace:
      "const row = await db.one<OrganizationRow>(GET, [principal.role]);\n      await db.run(UPDATE, [body.name ?? null]);",
  },
  {
    name: "member-role-arguments-swapped",
    about: "PATCH of a member answers the new role with 200, and nothing is written: the list shows the old one",
    file: "server/organizations/handlers.ts",
    find: "ctx.db.run(SET_ROLE, [member.user_id, role])",
    replace: "ctx.db.run(SET_ROLE, [role, member.user_id])",
  },
  {
    name: "admin-makes-owners",
    about: "an admin makes a member, or themselves, an owner: 200, not 403",
    file: "server/organizations/handlers.ts",
    find: "requireRank(ctx, member.role, role);",
    replace: "requireRank(ctx, member.role);",
  },
  {
    name: "last-owner-may-go",
    about:
      "the last owner leaves, is removed or is made a member with 2xx where it should be 409: who asks counts as the other owner",
    file: "server/organizations/sql.ts",
    find: "where role = 'owner' and user_id <> $1",
    replace: "where role = 'owner' and user_id = $1",
  },
  {
    name: "invitation-page-swapped",
    about:
      "GET /v1/organization/invitations answers no items though `count` says there are some: limit and offset are swapped",
    file: "server/organizations/sql.ts",
    find: "order by id desc limit $2 offset $3",
    replace: "order by id desc limit $3 offset $2",
  },
  {
    name: "invitation-keeps-case",
    about:
      "Tom@… and tom@… are invited both, where the second should be a 409; nobody can accept the one with capitals",
    file: "server/organizations/invitations.ts",
    find: "const email = body.email.toLowerCase();",
    replace: "const email = body.email;",
  },
  {
    name: "one-seat-too-many",
    about: "an organization of the free plan (2 seats) can invite a third: 201, not 403 PLAN_LIMIT",
    file: "server/organizations/service.ts",
    find: "row.members + row.invited - holding < seats",
    replace: "row.members + row.invited - holding <= seats",
  },
  {
    name: "profile-empty-patch",
    about: "PATCH /v1/profile with {} is a 500: what is absent is written as null",
    file: "server/profile/handlers.ts",
    find: "set name = coalesce($2, name) where",
    replace: "set name = $2 where",
  },
  {
    name: "profile-organization-of-the-wrong-table",
    about:
      "for a member who did not found it, `organization.created_at` of GET /v1/profile is the user's, not that of GET /v1/organization",
    file: "server/profile/handlers.ts",
    find: "o.created_at as org_created_at",
    replace: "u.created_at as org_created_at",
  },
  {
    name: "usage-counts-revoked-keys",
    about: "`api_keys` of GET /v1/usage does not go down when a key is revoked",
    file: "server/usage/handlers.ts",
    find: "from api_keys where revoked_at is null and (expires_at is null or expires_at > now())",
    replace: "from api_keys where (expires_at is null or expires_at > now())",
  },
  {
    name: "audit-until-included",
    about: "GET /v1/audit-events?until=T holds the event of exactly T, which should be left out: windows overlap",
    file: "server/audit/handlers.ts",
    find: "created_at < $5",
    replace: "created_at <= $5",
  },
  {
    name: "audit-actor-swapped",
    about: "audit events have the credential's id as `actor.user_id` and the user's as `actor.credential_id`",
    file: "server/audit/service.ts",
    find: "facts.actor ?? (known ? principal.userId : null),\n    known ? principal.id : null,",
    replace: "known ? principal.id : null,\n    facts.actor ?? (known ? principal.userId : null),",
  },
  {
    name: "session-list-shows-ended",
    about: "GET /v1/sessions lists sessions that were ended, while `count` leaves them out",
    file: "server/auth/account-sql.ts",
    find: "where user_id = $1 and ended_at is null and expires_at > now() and ($3",
    replace: "where user_id = $1 and expires_at > now() and ($3",
  },
  {
    name: "password-change-ends-the-wrong-session",
    about: "POST /v1/auth/password ends the session that sent it and leaves all others alive",
    file: "server/auth/account-sql.ts",
    find: "where user_id = $1 and id <> $2 and ended_at is null",
    replace: "where user_id = $1 and id = $2 and ended_at is null",
  },
  {
    name: "refresh-reuse-rolled-back",
    about:
      "a refresh token used twice is a 401, but the session lives on: what should end it is rolled back with the error",
    file: "server/auth/handlers.ts",
    find: "return refuse(badRefresh());",
    replace: "throw badRefresh();",
  },
  {
    name: "login-minds-case",
    about: "logging in with a capital letter in the address is a 401",
    file: "server/auth/handlers.ts",
    find: "async prepare({ body }, { read, address }) {\n        const email = normal(body.email);",
    replace: "async prepare({ body }, { read, address }) {\n        const { email } = body;",
  },
  {
    name: "limits-of-key-and-session-swapped",
    about: "X-RateLimit-Limit of a key is a session's, and the reverse",
    file: "server/auth/principal.ts",
    find: 'const which = row.kind === "api_key" ? "key" : "session";',
    replace: 'const which = row.kind === "api_key" ? "session" : "key";',
  },
  {
    name: "scopes-remembered-without-role",
    about:
      "a key keeps what it could do after its user's role was lowered: 2xx where it should be 403, until a restart",
    file: "server/auth/principal.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template.
    find: 'const key = `${row.role} ${row.scopes.join(" ")}`;',
    replace: 'const key = row.scopes.join(" ");',
  },
  {
    name: "bearer-minds-case",
    about: "`Authorization: bearer …` in lower case is a 401 (RFC 9110 §11.1: the scheme's case does not matter)",
    file: "server/kit/credential.ts",
    find: "/^bearer +([^\\s]+)$/i",
    replace: "/^Bearer +([^\\s]+)$/",
  },
];
