import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query } from "../setup/support.ts";

const ROLE = "reelmark_app";

let reelmark: TestApp;
let own: TestOrganization;
let foreign: TestOrganization;
/** A connection as the server's own are: the role that owns nothing. */
let app: pg.Client;
let tenantTables: { name: string; column: string }[];

beforeAll(async () => {
  reelmark = await openTestApp();
  for (const organization of [await freshOrganization(reelmark), await freshOrganization(reelmark)]) {
    const { api } = organization;
    await organization.key();
    const call = { body: { name: "Cat", slug: "cat" }, headers: { "Idempotency-Key": "one" } };
    const brand = await api.createBrand(call);
    const persona = await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
    const url = "https://feeds.example.com/coffee.xml";
    const source = await api.createSource({ body: { persona_id: persona.id, url } });
    await api.syncSource({ params: { source_id: source.id }, body: {} });
    await query(
      reelmark.databaseUrl,
      `insert into source_posts (id, org_id, source_id, persona_id, external_id, media, digest)
       values ('spo_' || $2, $1, $2, $3, 'one', '[]', '')`,
      [organization.organizationId, source.id, persona.id],
    );
    const upload = await api.createResumableUpload({ body: { filename: "cat.mp4", size: 9 } });
    await query(
      reelmark.databaseUrl,
      `with part as (insert into upload_parts (org_id, upload_id, number, size) values ($1, $2, 1, 9))
       insert into storage_removals (org_id, id, object) values ($1, $2, $2)`,
      [organization.organizationId, upload.id],
    );
    await api.createTopUp({ body: { credits: 100 } });
    await api.setAutoReload({ body: { enabled: false, threshold: 5, credits: 100 } });
    await api.createInvitation({ body: { email: "tom@reelmark.example", role: "viewer" } });
    const webhook = await api.createWebhook({ body: { url: "https://hooks.example.com/reelmark" } });
    const delivery = await api.testWebhook({ params: { webhook_id: webhook.id } });
    await query(
      reelmark.databaseUrl,
      "insert into webhook_attempts (org_id, delivery_id, number, started_at, duration_ms) values ($1, $2, 1, now(), 1)",
      [organization.organizationId, delivery.id],
    );
    await query(
      reelmark.databaseUrl,
      `insert into oauth_grants (id, org_id, user_id, session_id, client_id, resource, scopes, expires_at)
       select m.org_id, m.org_id, m.user_id, s.id, 'client', 'https://reelmark.example/api', '{brands:read}', s.expires_at
         from memberships m join sessions s using (user_id) where m.org_id = $1`,
      [organization.organizationId],
    );
    if (own) foreign = organization;
    else own = organization;
  }
  tenantTables = await query(
    reelmark.databaseUrl,
    `select c.relname as name, case when c.relname = 'organizations' then 'id' else 'org_id' end as column
       from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'issuers'
        and (c.relname = 'organizations' or exists (
          select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
      order by 1`,
  );
  app = new pg.Client({ connectionString: reelmark.databaseUrl, options: `-c role=${ROLE}` });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await reelmark.close();
});

/** How many rows a change reached; none where the role may not change the table at all (the audit record). */
const reached = async (sql: string, values: unknown[]): Promise<number | null> => {
  try {
    return (await app.query(sql, values)).rowCount;
  } catch (error) {
    if ((error as { code?: unknown }).code === "42501") return 0;
    throw error;
  }
};
const bind = (organization: string) => app.query("select set_config('app.org_id', $1, false)", [organization]);
const count = async (sql: string, values: unknown[] = []) => Number((await app.query(sql, values)).rows[0]?.n);

describe("what the server's role is", () => {
  test("it owns nothing, passes no policy, and is a member of nothing", async () => {
    const [role] = await query(
      reelmark.databaseUrl,
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin,
              (select count(*)::int from pg_auth_members m where m.member = r.oid) as memberships,
              (select count(*)::int from pg_shdepend d where d.refobjid = r.oid and d.deptype = 'o') as owned
         from pg_roles r where rolname = $1`,
      [ROLE],
    );
    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolcanlogin: false,
      memberships: 0,
      owned: 0,
    });
  });

  test("42501 when it would change what guards it", async () => {
    const [table] = tenantTables;
    for (const sql of [
      `alter table ${table?.name} disable row level security`,
      `drop policy ${table?.name}_tenant on ${table?.name}`,
      `truncate ${table?.name}`,
      "create table public.leak (id text)",
      `select guard_tenant_table('${table?.name}')`,
      "update signing_keys set retired_at = now()",
      "delete from signing_keys",
    ]) {
      await expect(app.query(sql), sql).rejects.toMatchObject({ code: "42501" });
    }
  });
});

test("every table with org_id, and organizations, has row level security forced and a tenant policy, and org_id is not null", async () => {
  expect(tenantTables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["api_keys", "brands", "idempotency_records", "memberships", "organizations", "personas"]),
  );
  const tables = await query<{ name: string }>(
    reelmark.databaseUrl,
    `select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced, a.attnotnull as required,
            (select array_agg(p.polname::text order by p.polname::text collate "C") from pg_policy p where p.polrelid = c.oid) as policies
       from pg_class c
       join pg_attribute a on a.attrelid = c.oid
        and a.attname = case when c.relname = 'organizations' then 'id' else 'org_id' end
      where c.relname = any($1) and c.relnamespace = 'public'::regnamespace order by 1`,
    [tenantTables.map(({ name }) => name)],
  );
  expect(tables).toEqual(
    tenantTables.map(({ name }) => ({
      name,
      enabled: true,
      forced: true,
      required: true,
      policies: [`${name}_tenant`, "maintenance"].sort(),
    })),
  );
});

test("no table reaches a tenant's row without org_id: foreign keys into tenant tables carry it", async () => {
  const loose = await query(
    reelmark.databaseUrl,
    `select con.conname as name from pg_constraint con
      where con.contype = 'f' and con.confrelid::regclass::text = any($1) and con.confrelid <> 'organizations'::regclass
        and not exists (select from pg_attribute a
                         where a.attrelid = con.conrelid and a.attnum = any(con.conkey) and a.attname = 'org_id')`,
    [tenantTables.map(({ name }) => name)],
  );
  // Codes and tokens are found by the hash of a secret, before it is known whose they are.
  expect(loose).toEqual([{ name: "oauth_artifacts_grant_id_oauth_grants_id_fk" }]);
});

test("42501: issuers are the operator's, though one may name the organization that its users join", async () => {
  await expect(app.query("select from issuers")).rejects.toMatchObject({ code: "42501" });
});

describe("raw SQL as the server's role", () => {
  test("sees no row of any tenant while it is bound to none, and claims of maintenance do not help", async () => {
    for (const unbound of ["", "org_00000000000000000000000000", "%"]) {
      await bind(unbound);
      for (const { name } of tenantTables) expect(await count(`select count(*) as n from ${name}`), name).toBe(0);
    }
    await app.query("set app.maintenance = 'on'");
    for (const { name } of tenantTables) expect(await count(`select count(*) as n from ${name}`), name).toBe(0);
    await app.query("reset app.maintenance");
    const never = new pg.Client({ connectionString: reelmark.databaseUrl, options: `-c role=${ROLE}` });
    await never.connect();
    for (const { name } of tenantTables) expect((await never.query(`select from ${name}`)).rows, name).toEqual([]);
    await never.end();
  });

  test("sees one tenant's rows alone while bound to it, in every table; the other's are really there", async () => {
    await bind(own.organizationId);
    for (const { name, column } of tenantTables) {
      const [there] = await query<{ n: number }>(
        reelmark.databaseUrl,
        `select count(*)::int as n from ${name} where ${column} = $1`,
        [foreign.organizationId],
      );
      expect(there?.n, `${name} has rows of the other tenant to hide`).toBeGreaterThan(0);
      expect(await count(`select count(*) as n from ${name}`), name).toBeGreaterThan(0);
      expect(await count(`select count(*) as n from ${name} where ${column} <> $1`, [own.organizationId]), name).toBe(
        0,
      );
    }
  });

  test("changes and deletes none of another tenant's rows, and moves none of its own to it", async () => {
    await bind(own.organizationId);
    for (const { name, column } of tenantTables) {
      const [theirs, ours] = [[foreign.organizationId], [own.organizationId]];
      expect(await reached(`update ${name} set ${column} = ${column} where ${column} = $1`, theirs), name).toBe(0);
      expect(await reached(`delete from ${name} where ${column} = $1`, theirs), name).toBe(0);
      const move = app.query(`update ${name} set ${column} = $2 where ${column} = $1`, [...ours, ...theirs]);
      await expect(move, name).rejects.toMatchObject({ code: "42501" });
    }
    const insert =
      "insert into brands (id, org_id, name, slug, timezone, position) values ('brd_x', $1, 'x', 'x', 'UTC', 9)";
    await expect(app.query(insert, [foreign.organizationId])).rejects.toMatchObject({ code: "42501" });
  });

  test("a lookup of a credential that is not good leaves the connection bound to nobody", async () => {
    await bind(own.organizationId);
    await app.query("select * from authenticate($1, null, null)", [Buffer.alloc(32)]);
    expect(await count("select count(*) as n from brands")).toBe(0);
  });
});
