import { addIssuer, type IssuerLine, listIssuers, removeIssuer } from "../../server/admin/issuers.ts";
import { ROLES } from "../../spec/roles.ts";
import { UsageError } from "../usage.ts";
import { columns, command, confirm, need, oneOf, secretFromStdin, serverKeys } from "./command.ts";

const MAX_TOLERANCE = 300;

const line = (row: IssuerLine): string[] => [
  row.id,
  row.issuer,
  row.jwks_url ?? "(shared secret)",
  row.algorithms.join(","),
  `audience ${row.audience}`,
  row.org_id === null ? "no organization" : `${row.role} of ${row.org_id}`,
];

const list = command({
  name: "issuers list",
  about: "Lists the servers whose tokens are believed",
  usage: "",
  notes: "Secrets are not shown.",
  options: {},
  async run(_flags, { operate }) {
    const rows = await operate(listIssuers);
    return { json: { issuers: rows }, text: columns(rows.map(line), "Only this server's own tokens are believed.") };
  },
});

function tolerance(text: string | undefined): number {
  if (text === undefined) return 5;
  if (/^\d{1,3}$/.test(text) && Number(text) <= MAX_TOLERANCE) return Number(text);
  throw new UsageError(`--tolerance must be a whole number of seconds from 0 to ${MAX_TOLERANCE}`);
}

function home(organization: string | undefined, role: string | undefined) {
  if (organization !== undefined) return { organization, role: oneOf(ROLES, role ?? "member", "--role") };
  if (role !== undefined)
    throw new UsageError("--role says what they are in an organization: say --organization <id> too");
  return undefined;
}

const add = command({
  name: "issuers add",
  about: "Has the tokens of another server (OpenID Connect, a Supabase project) believed as sessions",
  usage: "--issuer <iss> (--jwks-url <url> | --secret-stdin) --algorithms <list> --audience <aud> [options]",
  notes: `  --issuer <iss>         what its tokens say in \`iss\`, exactly
  --jwks-url <url>       where its public keys are
  --secret-stdin         reads the secret that it shares from standard input; it is sealed (ENCRYPTION_KEY)
  --algorithms <list>    what it signs with: RS256, ES256, EdDSA … with keys, HS256, HS384 or HS512 with a secret
  --audience <aud>       what its tokens say in \`aud\`
  --organization <id>    whom a first-seen user joins; without it they come without an organization
  --role <role>          as what: ${ROLES.join(", ")} (member)
  --tolerance <seconds>  forgiven difference of clocks, at most ${MAX_TOLERANCE} (5)
  --subject-claim, --email-claim, --name-claim <claim>  where its tokens say who it is (sub, email, name)

Whoever holds a token of this issuer for this audience gets in, whatever SIGN_UP says. A user is issuer and subject:
nobody is linked by address.`,
  options: {
    issuer: { type: "string" },
    "jwks-url": { type: "string" },
    "secret-stdin": { type: "boolean" },
    algorithms: { type: "string" },
    audience: { type: "string" },
    organization: { type: "string" },
    role: { type: "string" },
    tolerance: { type: "string" },
    "subject-claim": { type: "string" },
    "email-claim": { type: "string" },
    "name-claim": { type: "string" },
  },
  async run(flags, { operate }) {
    const jwksUrl = flags["jwks-url"];
    if ((jwksUrl === undefined) === !flags["secret-stdin"]) {
      throw new UsageError("Say either --jwks-url <url> or --secret-stdin");
    }
    const named = need(flags.algorithms, "--algorithms <list>, such as RS256").split(",");
    const known = {
      issuer: need(flags.issuer, "--issuer <iss>"),
      algorithms: [...new Set(named.map((name) => name.trim()).filter(Boolean))],
      audience: need(flags.audience, "--audience <aud>"),
      toleranceSeconds: tolerance(flags.tolerance),
      claims: {
        subject: need(flags["subject-claim"] ?? "sub", "--subject-claim <claim>"),
        email: need(flags["email-claim"] ?? "email", "--email-claim <claim>"),
        name: need(flags["name-claim"] ?? "name", "--name-claim <claim>"),
      },
      home: home(flags.organization, flags.role),
    };
    const keys = jwksUrl === undefined ? serverKeys() : undefined;
    const source = jwksUrl === undefined ? { secret: await secretFromStdin("--secret-stdin") } : { jwksUrl };
    const made = await operate((operator) => addIssuer(operator, { ...known, source }, keys));
    return { json: made, text: `${made.id}: tokens of ${made.issuer} are believed.` };
  },
});

const remove = command({
  name: "issuers remove",
  about: "Has the tokens of an issuer refused, from their next request on",
  usage: "--issuer <id or iss> [--yes]",
  notes: `  --issuer <id or iss>  issuers list shows both
  --yes                 does not ask

Its users stay, with what is theirs, but have no way in: added again, the issuer's subjects are new users. API keys that
they made go on until they are revoked.`,
  options: { issuer: { type: "string" }, yes: { type: "boolean" } },
  async run({ issuer, yes }, { operate }) {
    const named = need(issuer, "--issuer <id or iss>");
    await confirm(`This forgets who the users of ${named} are: added again, they come as new users.`, yes);
    const gone = await operate((operator) => removeIssuer(operator, named));
    const users = `${gone.users} user${gone.users === 1 ? "" : "s"} of it stay, without a way in.`;
    return { json: gone, text: `Tokens of ${gone.issuer} are refused. ${users}` };
  },
});

export const issuers = [list, add, remove];
