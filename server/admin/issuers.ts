import type { Role } from "../../spec/roles.ts";
import { checkIssuer, ISSUER_SECRETS } from "../issuers/service.ts";
import { statement, violates } from "../kit/postgres/db.ts";
import { type SealingKeys, seal } from "../kit/seal.ts";
import { type Deed, type Operator, OperatorError } from "./operate.ts";
import { requireServerKeys } from "./secrets.ts";

const LIST = statement(
  "admin.list-issuers",
  `select id, issuer, jwks_url, algorithms, audience, clock_tolerance_seconds, subject_claim, email_claim, name_claim,
          org_id, role, created_at
     from issuers order by issuer`,
);
const INSERT = statement(
  "admin.add-issuer",
  `insert into issuers (id, issuer, jwks_url, secret_sealed, algorithms, audience, clock_tolerance_seconds,
                        subject_claim, email_claim, name_claim, org_id, role)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
);
const FIND = statement(
  "admin.find-issuer",
  `select i.id, i.issuer, i.org_id, (select count(*) from external_identities e where e.issuer_id = i.id) as users
     from issuers i where i.id = $1 or i.issuer = $1`,
);
const DELETE = statement("admin.remove-issuer", "delete from issuers where id = $1");

export type IssuerLine = {
  id: string;
  issuer: string;
  /** Null for one that shares a secret. */
  jwks_url: string | null;
  algorithms: string[];
  audience: string;
  clock_tolerance_seconds: number;
  subject_claim: string;
  email_claim: string;
  name_claim: string;
  org_id: string | null;
  role: Role;
  created_at: string;
};

/** Every issuer whose tokens are believed, without their secrets. */
export async function listIssuers({ db }: Operator): Promise<Deed<readonly IssuerLine[]>> {
  return { result: await db.rows<IssuerLine>(LIST), organizations: [], fields: [] };
}

export type NewIssuer = {
  readonly issuer: string;
  readonly source: { readonly jwksUrl: string } | { readonly secret: string };
  readonly algorithms: readonly string[];
  readonly audience: string;
  readonly toleranceSeconds: number;
  readonly claims: { readonly subject: string; readonly email: string; readonly name: string };
  /** Whom a first-seen user joins. */
  readonly home: { readonly organization: string; readonly role: Role } | undefined;
};

/** Has tokens of an issuer believed. Throws OperatorError when they could not be checked, or it is there already. */
export async function addIssuer(
  operator: Operator,
  added: NewIssuer,
  keys: SealingKeys | undefined,
): Promise<Deed<{ id: string; issuer: string }>> {
  const { issuer, source, home, claims } = added;
  try {
    checkIssuer(added.algorithms, source);
  } catch (error) {
    throw new OperatorError("INVALID", error instanceof Error ? error.message : String(error), { cause: error });
  }
  const id = operator.newId("iss");
  const sealed = "secret" in source ? await sealSecret(operator, keys, id, source.secret) : null;
  const how = ["jwksUrl" in source ? source.jwksUrl : null, sealed, added.algorithms, added.audience];
  const whom = [claims.subject, claims.email, claims.name, home?.organization ?? null, home?.role ?? "member"];
  const values = [id, issuer, ...how, added.toleranceSeconds, ...whom];
  await operator.db.run(INSERT, values).catch((error: unknown) => {
    if (violates(error, "issuers_issuer_key")) {
      throw new OperatorError("CONFLICT", `${issuer} is there already: remove it first, or add another`);
    }
    if (!violates(error, "issuers_org_id_organizations_id_fk")) throw error;
    const what = `There is no organization ${home?.organization}`;
    throw new OperatorError("NOT_FOUND", `${what}: npm run admin -- list-organizations shows all`);
  });
  return {
    result: { id, issuer },
    organizations: home ? [home.organization] : [],
    resource: { kind: "issuer", id },
    fields: [
      "algorithms",
      "audience",
      "issuer",
      "jwksUrl" in source ? "jwks_url" : "secret",
      ...(home ? ["role"] : []),
    ],
  };
}

async function sealSecret(operator: Operator, keys: SealingKeys | undefined, id: string, secret: string) {
  if (!keys) throw new Error("a secret came without the keys to seal it");
  await requireServerKeys(operator, keys);
  return seal(keys, ISSUER_SECRETS.purpose(id), secret);
}

type Removed = { id: string; issuer: string; users: number };

/** Has tokens of an issuer, named by id or `iss`, refused from the next request on. Its users stay, without a way in. */
export async function removeIssuer({ db }: Operator, named: string): Promise<Deed<Removed>> {
  const row = await db.one<Removed & { org_id: string | null }>(FIND, [named]);
  if (!row) {
    throw new OperatorError("NOT_FOUND", `There is no issuer ${named}: npm run admin -- issuers list shows all`);
  }
  await db.run(DELETE, [row.id]);
  const { org_id, ...result } = row;
  return {
    result,
    organizations: org_id === null ? [] : [org_id],
    resource: { kind: "issuer", id: row.id },
    fields: ["issuer"],
  };
}
