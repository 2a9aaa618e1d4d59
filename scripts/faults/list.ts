/** One change of one source text, as somebody could make it by mistake. `find` stands there exactly once. */
export type Edit = { readonly file: string; readonly find: string; readonly put: string };

/** A fault to plant, and the group of the contract tests (`describe`; empty for all) that must turn red. */
export type Fault = {
  readonly name: string;
  readonly group: string;
  readonly edits: readonly Edit[];
  /** Another guard holds: the group must stay green. */
  readonly harmless?: true;
};

const fault = (name: string, group: string, ...edits: [file: string, find: string, put: string][]): Fault => ({
  name,
  group,
  edits: edits.map(([file, find, put]) => ({ file, find, put })),
});

/** For what only the whole run shows. */
const EVERY_GROUP = "";

const GUARDS = "server/db/migrations/0001_guards.sql";
/** Where the look-up of credentials stands since identity. */
const LOOKUP = "server/db/migrations/0003_identity-guards.sql";
const ENABLE = "EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);";
const NO_RLS: [string, string, string] = [GUARDS, ENABLE, ENABLE.replace("ENABLE", "DISABLE")];
const ALL_BRANDS: [string, string, string] = [
  "server/brands/sql.ts",
  '"select count(*) as total from brands where ($1::boolean is null or archived = $1)"',
  '"select count(*) as total from brands where $1::boolean is null or true"',
];

/** What each guard of the server would be missed for. Every entry must turn its group red: `npm run faults`. */
export const FAULTS: readonly Fault[] = [
  fault("authentication is skipped", "access", [
    "server/kit/authorize.ts",
    'if (auth === "public")',
    'if (auth === "public" || request.header("authorization") === undefined)',
  ]),
  fault("a revoked key is still good", "access", [LOOKUP, "AND k.revoked_at IS NULL\n", "\n"]),
  fault("an expired key is still good", "access", [LOOKUP, "AND (k.expires_at IS NULL OR k.expires_at > now())", ""]),
  fault("a session outlives its log-out", "access", [LOOKUP, "s.ended_at IS NULL AND s.expires_at > now()", "true"]),
  fault("the scope check is dropped", "access", [
    "server/kit/authorize.ts",
    "if (missing.length === 0 ||",
    "if (missing.length >= 0 ||",
  ]),
  // No statement names the tenant: row level security alone stands between. The same statement without its WHERE leaks
  // nothing under it, and everything without it.
  { ...fault("harmless: a count without WHERE, under row level security", "tenants", ALL_BRANDS), harmless: true },
  fault("a count without WHERE, row level security off", "tenants", ALL_BRANDS, NO_RLS),
  fault("row level security is switched off", "tenants", NO_RLS),
  fault("a policy lets every tenant through", "tenants", [
    "server/db/migrations/0000_tables.sql",
    `"personas" AS PERMISSIVE FOR ALL TO public USING (org_id = (select current_setting('app.org_id', true)))`,
    '"personas" AS PERMISSIVE FOR ALL TO public USING (true)',
  ]),
  fault(
    "another tenant's id is told from an unknown one",
    "tenants",
    [
      GUARDS,
      "-- Removes what time has made useless.",
      `CREATE FUNCTION brand_there(p text) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET app.maintenance = 'on'
AS $$ SELECT EXISTS (SELECT FROM public.brands WHERE id = p) $$;
--> statement-breakpoint
-- Removes what time has made useless.`,
    ],
    [
      "server/brands/handlers.ts",
      "async getBrand({ params }, { db, reply }) {",
      `async getBrand({ params }, { db, reply }) {
    const there = await db.one<{ there: boolean }>({ name: "x", text: "select brand_there($1) as there" }, [params.brand_id]);
    if (there?.there && !(await db.one(GET, [params.brand_id]))) throw new ApiError("NOT_FOUND", "Not your brand");`,
    ],
  ),
  fault("the body is not validated", "input", [
    "server/kit/input.ts",
    'return { value: parse(compiled.body, "body", value, issues), fields };',
    "return { value, fields };",
  ]),
  fault("unknown query parameters are let through", "input", [
    "server/kit/input.ts",
    "else if (compiled.closedQuery) {",
    "else if (compiled.closedQuery && compiled.media !== undefined) {",
  ]),
  fault("a streamed body is not counted", "media", [
    "server/kit/body.ts",
    "if (size > maxBytes) throw tooLarge(maxBytes);",
    "",
  ]),
  fault("Allow forgets HEAD", "http", ["server/kit/implement.ts", 'if (op.method === "get") methods.add("HEAD");', ""]),
  fault("an error is declared that nothing answers", EVERY_GROUP, [
    "spec/brands.ts",
    'effect: { reads: "brand" },',
    'effect: { reads: "brand" },\n  errors: ["UPSTREAM_ERROR"],',
  ]),
  fault("a column is leaked", "success", ["server/brands/sql.ts", "`id, name, slug,", "`id, org_id, name, slug,"]),
  fault(
    "a column is leaked past the response check",
    "success",
    ["server/brands/sql.ts", "`id, name, slug,", "`id, org_id, name, slug,"],
    [
      "server/kit/outcome.ts",
      'answer.strip(raw.body, "answer", (path) => excess(compiled, options, path))',
      "raw.body",
    ],
  ),
  fault("a wrong status is sent", "success", [
    "server/kit/outcome.ts",
    "jsonOutcome(raw.status, text, headers)",
    "jsonOutcome(raw.status === 201 ? 200 : raw.status, text, headers)",
  ]),
  fault("an update is swallowed", "success", [
    "server/brands/handlers.ts",
    "const row = await db.one<BrandRow>(UPDATE, values);",
    "const row = next && values && { ...next, updated_at: new Date().toISOString() };",
  ]),
  // No policy stands behind this one: the function sees all organizations, and its WHERE is all that there is.
  fault("anybody shuts anybody's programs out", "tenants", [
    "server/db/migrations/0017_own-grants.sql",
    "WHERE g.id = p_id AND g.user_id = p_user AND s.id = g.session_id",
    "WHERE g.id = p_id AND s.id = g.session_id",
  ]),
  fault("a delete of nothing is a success", "tenants", [
    "server/personas/handlers.ts",
    "if (deleted === 0) throw missing();\n      return ctx.reply(204);",
    "return ctx.reply(204);",
  ]),
  fault("If-Match is ignored", "conditional", [
    "server/kit/mutation.ts",
    'requireMatch(header, headers.ETag ?? "");',
    "void requireMatch;",
  ]),
  fault("If-None-Match is ignored", "conditional", ["server/kit/outcome.ts", "!noneMatch(header, tag)", "noneMatch"]),
  fault("the idempotency record is forgotten", "idempotency", [
    "server/kit/mutation.ts",
    "await backend.idempotency.save(db, key.scope, stored(m.compiled, key, outcome), claim)",
    "true || stored(m.compiled, key, outcome)",
  ]),
  fault("an idempotency key takes another body", "idempotency", [
    "server/kit/mutation.ts",
    "if (fingerprint !== key.fingerprint)",
    "if (fingerprint === undefined)",
  ]),
  fault("an idempotency key is shared by credentials", "idempotency", [
    "server/kit/mutation.ts",
    "principal: id, operation",
    'principal: id && "", operation',
  ]),
  fault("a replay needs no rights", "idempotency", [
    "server/kit/pipeline.ts",
    "authorize(compiled, principal, deps.implied);",
    'if (request.header("idempotency-key") === undefined) authorize(compiled, principal, deps.implied);',
  ]),
  fault("a secret is kept in an idempotency record", "success", [
    "server/kit/mutation.ts",
    "body: compiled.secret ? null : text",
    "body: text",
  ]),
  fault("a provider's signature is not looked at", "access", [
    "server/auth/principal.ts",
    "if (!options.provider(credential, options.clock())) return badProvider;",
    "if (!credential.auth) return badProvider;",
  ]),
  fault("a page is off by one", "paging", [
    "server/kit/paging.ts",
    "rows.length > query.limit",
    "rows.length > query.limit + 1",
  ]),
  fault("the limit counter stands still", "limits", [
    "server/kit/limits.ts",
    "limiter.consume(key)",
    "limiter.consume(key, 0)",
  ]),
  fault("a failed mutation is committed", "failures", [
    "server/kit/postgres/pool.ts",
    'client.query("rollback")',
    'client.query("commit")',
  ]),
  fault("a 500 quotes its exception", "failures", [
    "server/kit/pipeline.ts",
    '"The server failed. Report the request id"',
    "String(error)",
  ]),
  fault("a store that is down is a 500", "failures", [
    "server/kit/pipeline.ts",
    "if (deps.backend.isUnavailable(error)) {",
    "if (!deps) {",
  ]),
];
