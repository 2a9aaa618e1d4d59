import type { SourceEdit } from "./edit.ts";

/** The second set's mistakes in keys, accounts, organizations, billing and the pipeline. */
export const SECOND_IDENTITY_EDITS: readonly SourceEdit[] = [
  {
    name: "source-fresh-by-its-former-feed",
    about:
      "a synced source that is given another `url` keeps `last_synced_at`, and a sync of the new feed is skipped as fresh",
    only: ["updateSource", "syncSource"],
    file: "server/sources/sql.ts",
    find: "last_synced_at = case when url = $2 then last_synced_at end, title",
    put: "title",
  },
  {
    name: "ending-key-rotates-an-endless-one",
    about: "a key with an end that rotates one without gets a new key that never ends (201); it is a 403",
    only: ["rotateApiKey"],
    file: "server/api-keys/handlers.ts",
    find: "if (end !== null && Date.parse(end) <= Date.parse(endsAt)) return;",
    put: "if (end === null || Date.parse(end) <= Date.parse(endsAt)) return;",
  },
  {
    name: "password-change-ends-its-own-session",
    about: "after POST /v1/auth/password the session that sent it is a 401: every other one ends, and not this",
    only: ["changePassword"],
    file: "server/auth/account-handlers.ts",
    find: "END_OTHERS, [ctx.principal.userId, ctx.principal.id]",
    put: 'END_OTHERS, [ctx.principal.userId, ""]',
  },
  {
    name: "profile-names-the-user-as-credential",
    about: "GET /v1/profile by a key has the user's id in `credential.id`, which no API key or session has",
    only: ["getProfile", "updateProfile"],
    file: "server/profile/handlers.ts",
    find: "credential: { kind: principal.kind, id: principal.id,",
    put: "credential: { kind: principal.kind, id: principal.userId,",
  },
  {
    name: "own-things-want-an-organization",
    about:
      "a user of two organizations who names none gets a 400 from GET /v1/organizations and /v1/sessions, which need none",
    only: ["listOrganizations", "listSessions"],
    file: "server/auth/principal.ts",
    find: "return { error, scopedOnly: true };",
    put: "return { error, scopedOnly: false };",
  },
  {
    name: "an-admin-stands-in-for-the-last-owner",
    about: "with one owner and one admin, the owner may leave or become a member (no 409), and no owner is left",
    only: ["updateMember", "leaveOrganization", "removeMember"],
    file: "server/organizations/sql.ts",
    find: "where role = 'owner' and user_id <> $1",
    put: "where role in ('owner', 'admin') and user_id <> $1",
  },
  {
    name: "organization-deleted-by-a-name-in-any-case",
    about: "DELETE /v1/organization?confirm= with its name in other case deletes it; only the exact name does",
    only: ["deleteOrganization"],
    file: "server/organizations/sql.ts",
    find: "delete from organizations where id = $1 and name = $2",
    put: "delete from organizations where id = $1 and lower(name) = lower($2)",
  },
  {
    name: "usage-limit-of-one-file",
    about:
      "on pro or free, `storage_bytes.limit` of GET /v1/usage is not `plan.storage_bytes` but what one file may have",
    only: ["getUsage"],
    file: "server/usage/handlers.ts",
    find: "limit: terms.storage_bytes }",
    put: "limit: terms.file_bytes }",
  },
  {
    name: "movements-of-a-hold-without-its-release",
    about:
      "after a sync was canceled, GET /v1/billing/transactions?hold_id=… lists the hold and leaves out its release",
    only: ["listTransactions", "cancelSyncJob"],
    file: "server/billing/sql.ts",
    find: "'capture:' || $2, 'release:' || $2)",
    put: "'capture:' || $2)",
  },
  {
    name: "auto-reload-credits-set-once",
    about: "a second PUT /v1/billing/auto-reload with other `credits` answers, and keeps, those of the first",
    only: ["setAutoReload", "getAutoReload"],
    file: "server/billing/sql.ts",
    find: "auto_credits = excluded.auto_credits, auto_updated_at = excluded.auto_updated_at",
    put: "auto_updated_at = excluded.auto_updated_at",
  },
  {
    name: "balance-low-at-its-threshold",
    about: "with auto-reload's threshold at exactly what is available, `low` is true: not less is available than that",
    only: ["getBalance", "setAutoReload"],
    file: "server/billing/ledger.ts",
    find: "row.available < row.low_threshold",
    put: "row.available <= row.low_threshold",
  },
  {
    name: "audit-forgets-what-was-deleted",
    about: "GET /v1/audit-events?resource_id=… of a deleted brand has no `deleteBrand`: its `resource.id` is null",
    only: ["listAuditEvents", "deleteBrand"],
    file: "server/kit/mutation.ts",
    find: "resourceId: writes ? call.request.param(writes.param) : (outcome.resourceId ?? null)",
    put: "resourceId: outcome.resourceId ?? null",
  },
  {
    name: "stream-counted-after-its-end",
    about:
      "after 20 event streams were opened and closed one by one, the next GET /v1/events/stream is a 429: none is open",
    only: ["streamEvents"],
    file: "server/kit/streams.ts",
    find: "      release();\n      wake();\n",
    put: "      wake();\n",
  },
  {
    name: "scope-before-the-limit",
    about: "requests without the scope are a 403 without X-RateLimit headers, and never a 429 however many there are",
    only: ["createBrand", "listAuditEvents", "updateOrganization"],
    file: "server/kit/pipeline.ts",
    find:
      "await limit(compiled, request, principal, deps, trace.limitHeaders);\n" +
      "    authorize(compiled, principal, deps.implied);",
    put:
      "authorize(compiled, principal, deps.implied);\n" +
      "    await limit(compiled, request, principal, deps, trace.limitHeaders);",
  },
  {
    name: "key-used-by-what-was-refused",
    about: "a new key whose one request was a 403 soon has a `last_used_at`: that is the last successful request",
    only: ["getApiKey", "listApiKeys"],
    file: "server/kit/pipeline.ts",
    find:
      "      if (isAuthenticated(compiled.op) && trace.principal && outcome.status < 400)\n" +
      "        deps.backend.used?.(trace.principal, deps.clock());\n" +
      "    } catch (error) {\n      outcome = failure(error, compiled, request, deps);\n    }\n",
    put:
      "    } catch (error) {\n      outcome = failure(error, compiled, request, deps);\n    }\n" +
      "    if (isAuthenticated(compiled.op) && trace.principal) deps.backend.used?.(trace.principal, deps.clock());\n",
  },
  {
    name: "headers-of-the-loosest-limit",
    about: "X-RateLimit-Limit and -Remaining of testWebhook (10 a minute) are the credential's: fewer get through",
    only: ["testWebhook", "redeliverWebhook", "login", "createTopUp"],
    file: "server/kit/authorize.ts",
    find: "taken.remaining < tightest.remaining",
    put: "taken.remaining > tightest.remaining",
  },
  {
    name: "offset-zero-beside-a-cursor",
    about: "a list asked with `cursor=…&offset=0` is a 200; offset and cursor together are a 400",
    only: ["listBrands", "listPersonas", "listSources"],
    file: "server/kit/paging.ts",
    find: "if (query.offset !== undefined) {",
    put: "if (query.offset) {",
  },
  {
    name: "smaller-plan-refused",
    about: "PUT /v1/billing/plan to a smaller plan is a 403 where the operator takes payments; it happens at once",
    only: ["changeBillingPlan"],
    file: "server/billing/plans.ts",
    find: "if (larger && !payments.sells(plan)) throw",
    put: "if (!payments.sells(plan)) throw",
  },
  {
    name: "ended-sessions-listed",
    about: "a session that was ended by DELETE stays in the `data` of GET /v1/sessions, and `count` is without it",
    only: ["listSessions", "endSession"],
    file: "server/auth/account-sql.ts",
    find: "and ended_at is null and expires_at > now() and ($3::text is null or id < $3)",
    put: "and expires_at > now() and ($3::text is null or id < $3)",
  },
  {
    name: "preflight-without-own-headers",
    about:
      "OPTIONS from an origin of CORS_ORIGINS does not allow X-Organization-Id: a page cannot name its organization",
    only: ["listBrands", "getOrganization"],
    file: "server/kit/cors.ts",
    find: '[...REQUEST_HEADERS, ...own].join(", ")',
    put: 'REQUEST_HEADERS.join(", ")',
  },
];
