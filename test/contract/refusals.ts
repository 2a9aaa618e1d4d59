import pg from "pg";
import { expect, test } from "vitest";
import type { Coverage } from "../kit/coverage.ts";
import type { Suite } from "../kit/servers.ts";
import { openTestApp } from "../setup/app.ts";
import type { ReelmarkTenant } from "./reelmark.ts";

/** What only the operator can do, below the API. */
async function asOwner(databaseUrl: string, sql: string, ...values: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql, values);
  } finally {
    await client.end();
  }
}

/** Refusals that follow from the state of resources, which no document can tell: one test each. */
export function refusalTests(suite: Suite<ReelmarkTenant>, coverage: Coverage): void {
  const tenant = async () => (await suite.main()).tenant();

  test("signUp: 409 for an address that has an account, in any case", async () => {
    const { app, organization } = await tenant();
    const body = {
      email: organization.email.toUpperCase(),
      password: "correct horse battery",
      name: "N",
      organization_name: "O",
    };
    await expect(app.api().signUp({ body })).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  });

  test("login: 401, the same for a wrong password and an unknown address", async () => {
    const { app, organization } = await tenant();
    const { email } = organization;
    const refusal = async (address: string) => {
      const failed = await app
        .api()
        .login({ body: { email: address, password: "wrong" } })
        .catch((error: unknown) => error);
      expect(failed).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
      // All that it says but the request's own id.
      return failed instanceof Error ? failed.message.replace(/\(req_.*\)/, "") : undefined;
    };
    expect(await refusal(`un${email}`)).toBe(await refusal(email));
  });

  test("refreshSession: 401 for a used token, and the whole session ends", async () => {
    const { app, organization } = await tenant();
    const { email, password } = organization;
    const session = await app.api().login({ body: { email, password } });
    const refresh = (refresh_token: string) => app.api().refreshSession({ body: { refresh_token } });
    const next = await refresh(session.refresh_token);
    await expect(refresh(session.refresh_token)).rejects.toMatchObject({ status: 401, code: "UNAUTHORIZED" });
    await expect(refresh(next.refresh_token)).rejects.toMatchObject({ status: 401 });
    await expect(app.api(next.access_token).getProfile()).rejects.toMatchObject({ status: 401 });
  });

  test("login and refreshSession: 200 without an organization for somebody who is in none any more", async () => {
    const { app, organization } = await tenant();
    const { email, password, userId, refreshToken } = organization;
    await asOwner(app.databaseUrl, "delete from memberships where user_id = $1", userId);
    const homeless = { organization: null };
    await expect(app.api().login({ body: { email, password } })).resolves.toMatchObject(homeless);
    const refresh = app.api().refreshSession({ body: { refresh_token: refreshToken } });
    await expect(refresh).resolves.toMatchObject(homeless);
  });

  test("updateApiKey: 409 for a revoked key, which stays revoked", async () => {
    const { organization } = await tenant();
    const { id } = await organization.key();
    const params = { api_key_id: id };
    await organization.api.revokeApiKey({ params });
    const change = organization.api.updateApiKey({ params, body: { label: "again" } });
    await expect(change).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
    await expect(organization.api.getApiKey({ params })).resolves.toMatchObject({ status: "revoked" });
  });

  test("deleteBrand: 409 while it has personas", async () => {
    const { api } = (await tenant()).organization;
    const brand = await api.createBrand({ body: { name: "A", slug: "a" } });
    await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
    const params = { brand_id: brand.id };
    await expect(api.deleteBrand({ params })).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
    await expect(api.getBrand({ params })).resolves.toEqual(brand);
  });

  test("updatePersona: 409 for a name that the brand has", async () => {
    const { api } = (await tenant()).organization;
    const brand = await api.createBrand({ body: { name: "A", slug: "a" } });
    await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
    const other = await api.createPersona({ body: { brand_id: brand.id, name: "Ada" } });
    const change = api.updatePersona({ params: { persona_id: other.id }, body: { name: "Nora" } });
    await expect(change).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  });

  test("signUp: 403 once the first user is there, where only the first may sign up", async () => {
    const app = await openTestApp({ env: { SIGN_UP: "first-user-only" } });
    try {
      const body = { password: "correct horse battery", name: "N", organization_name: "O" };
      await app.api().signUp({ body: { ...body, email: "first@reelmark.example" } });
      const second = app.api().signUp({ body: { ...body, email: "second@reelmark.example" } });
      await expect(second).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
      coverage.add(app.seen);
    } finally {
      await app.close();
    }
  });
}
