import { MAKERS, setCredits } from "../contract/inputs.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import type { Who } from "./surface.ts";

/** A tenant as new as can be, for one surface. */
export type Tenant = { readonly organization: TestOrganization; readonly tokens: Readonly<Record<Who, string>> };

/** Scopes of the reader: enough to be let in, and next to nothing to be let do. */
const LITTLE = ["feedback:write"] as const;

/** Reelmark in this process, answering alone: no worker changes what a surface has just seen. */
export const openReelmark = (databaseUrl?: string): Promise<TestApp> =>
  openTestApp({
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    env: { PAYMENTS: "manual", RATE_LIMIT_OPERATIONS: "100000" },
    // The record of what was done tells it.
    address: () => "10.0.0.1",
  });

/** A new organization on the largest plan, with a key of all scopes and one of little. */
export async function newTenant(app: TestApp): Promise<Tenant> {
  const organization = await freshOrganization(app);
  await largest(app, organization);
  const owner = (await organization.key()).key;
  const reader = (await organization.key(LITTLE)).key;
  return { organization, tokens: { owner, session: organization.token, reader, unknown: `rm_${"0".repeat(64)}` } };
}

/** Gives a tenant the largest plan back, and what its tries to log in or to send mail have used up. */
export async function largest(app: TestApp, { organizationId }: TestOrganization): Promise<void> {
  await query(app.databaseUrl, "update organizations set plan = 'scale' where id = $1", [organizationId]);
  await query(app.databaseUrl, "delete from login_failures");
}

/** Whether something is made outside of the API: a kind that no operation creates, or what an operation wants in its path. */
export const isMadeApart = (name: string): boolean => Object.hasOwn(MAKERS, name);

/** The id of a new resource of a tenant that is made outside of the API. */
export async function madeApart(
  app: TestApp,
  { organization }: Tenant,
  name: string,
  credits: number,
): Promise<string> {
  if (name === "credit_transaction") {
    // The maker's own takes any number of credits: here all tenants get as many.
    await setCredits({ app, organization }, credits);
    const [movement] = (await organization.api.listTransactions({ query: { limit: 1 } })).data;
    await largest(app, organization);
    if (movement) return movement.id;
  }
  const made = await MAKERS[name]?.({ app, organization });
  if (!made) throw new Error(`Nothing makes a ${name}`);
  return made.id;
}
