import { EXITS } from "../../client/cli/exits.ts";
import { SETTINGS } from "../../server/config.ts";
import { EVENT_TYPES } from "../../spec/events.ts";
import { ERRORS } from "../../spec/kit/errors.ts";
import type { Operation } from "../../spec/kit/operation.ts";
import { answersSecret, scopeNames } from "../../spec/kit/policy.ts";
import { nameOf } from "../../spec/kit/schema.ts";
import { PLAN_IDS, planTerms } from "../../spec/plans.ts";
import { FILE_TYPES } from "../../spec/uploads.ts";
import { IMPLIED_SCOPES, SCOPES, type Scope } from "../../spec/vocabulary.ts";
import { code, table } from "./markdown.ts";
import { bytesTable, hintsTable } from "./mcp.ts";
import { roleOperationsTable, roleScopesTable } from "./roles.ts";

type Contract = Readonly<Record<string, Operation>>;

/** Every setting of the server, with its default, as a Markdown table. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(([name, { shown, about }]) => [code(name), shown && code(shown), about]);
  return table(["variable", "default", "what it does"], rows);
}

function scopesTable(contract: Contract): string {
  const rows = (Object.keys(SCOPES) as Scope[]).map((scope) => {
    const named = Object.values(contract).filter((op) => scopeNames(op).includes(scope));
    const implied = IMPLIED_SCOPES[scope] ?? [];
    const about = SCOPES[scope] + (implied.length > 0 ? `. Brings ${implied.map(code).join(", ")}` : "");
    return [code(scope), about, named.map((op) => code(op.id)).join(" ") || "–"];
  });
  return table(["scope", "allows", "operations that name it"], rows);
}

function errorsTable(): string {
  const rows = Object.entries(ERRORS).map(([name, { status, title }]) => [String(status), code(name), title]);
  return table(["status", "code", "what it says"], rows);
}

/** Bytes in the largest unit that says them exactly: powers of 1024 first, because limits are often such. */
function bytes(count: number): string {
  const units = [
    ["GiB", 1024 ** 3],
    ["MiB", 1024 ** 2],
    ["GB", 1e9],
    ["MB", 1e6],
  ] as const;
  const unit = units.find(([, size]) => count >= size && count % size === 0);
  return unit ? `${(count / unit[1]).toLocaleString("en")} ${unit[0]}` : `${count.toLocaleString("en")} bytes`;
}

const orNone = (value: number | null, say = (n: number) => n.toLocaleString("en")) =>
  value === null ? "–" : say(value);

function plansTable(): string {
  const rows = PLAN_IDS.map((id) => {
    const plan = planTerms(id);
    return [
      code(id),
      plan.api_access ? orNone(plan.requests_per_minute.key) : "no keys",
      orNone(plan.requests_per_minute.session),
      orNone(plan.seats),
      orNone(plan.file_bytes, bytes),
      orNone(plan.storage_bytes, bytes),
      orNone(plan.monthly_credits),
    ];
  });
  const head = ["plan", "requests a minute, key", "session", "seats", "one file", "files in all", "credits a month"];
  return table(head, rows);
}

function ratesTable(): string {
  const names = Object.keys(SETTINGS).filter((name) => name.startsWith("RATE_LIMIT_") && name !== "RATE_LIMIT_STORE");
  const rows = Object.entries(SETTINGS)
    .filter(([name]) => names.includes(name))
    .map(([name, { shown, about }]) => [about, code(shown), code(name)]);
  return table(["what is counted", "default", "setting"], rows);
}

function limitsTable(contract: Contract): string {
  const rows = Object.values(contract)
    .filter((op) => Object.keys(op.limits).length > 0)
    .map((op) => [
      code(op.id),
      op.limits.perMinute === undefined ? "–" : String(op.limits.perMinute),
      op.limits.bodyBytes === undefined ? "–" : bytes(op.limits.bodyBytes),
      op.limits.failClosed ? "refused" : "–",
    ]);
  return table(["operation", "requests a minute", "body", "when the store is down"], rows);
}

function idempotentTable(contract: Contract): string {
  const says = (op: Operation) => {
    if (op.idempotent === "natural") return "safe to repeat as it is";
    if (op.idempotent === undefined) return "takes none: look what the first did before you repeat it";
    return answersSecret(op) ? "takes a key; the repeated request is a 409, as a secret is shown once" : "takes a key";
  };
  const rows = Object.values(contract)
    .filter((op) => op.method === "post")
    .map((op) => [code(op.id), says(op)]);
  return table(["operation", "repeated"], rows);
}

function asyncTable(contract: Contract): string {
  const rows = Object.values(contract).flatMap((op) => {
    if (!op.async) return [];
    return [[code(op.id), code(op.async.poll), op.async.terminal.map(code).join(" ")]];
  });
  return table(["operation", "ask with", "until `status` is one of"], rows);
}

function eventsTable(): string {
  const rows = Object.entries(EVENT_TYPES).map(([name, { about, data }]) => [
    code(name),
    about,
    code(nameOf(data) ?? ""),
  ]);
  return table(["event", "when", "`data`"], rows);
}

function deprecatedTable(contract: Contract): string {
  const rows = Object.values(contract).flatMap((op) => {
    if (!op.deprecated) return [];
    return [[code(op.id), op.deprecated.since, op.deprecated.sunset, code(op.deprecated.use)]];
  });
  return rows.length === 0 ? "Nothing is deprecated." : table(["operation", "since", "gone on", "use"], rows);
}

const exitsTable = (): string =>
  table(
    ["code", "what happened"],
    EXITS.map(([exit, about]) => [String(exit), about]),
  );

/** The generated regions of the guides, and of the command line's own page: by file, by the name of the mark. */
export function guideTables(contract: Contract): Record<string, Record<string, string>> {
  const tables: Record<string, Record<string, string>> = {
    scopes: { scopes: scopesTable(contract) },
    roles: { "role-scopes": roleScopesTable(), "role-operations": roleOperationsTable(contract) },
    limits: { plans: plansTable(), rates: ratesTable(), limits: limitsTable(contract) },
    errors: { errors: errorsTable() },
    idempotency: { idempotent: idempotentTable(contract) },
    operations: { async: asyncTable(contract) },
    mcp: { hints: hintsTable(contract), bytes: bytesTable(contract) },
    uploads: { "file-types": FILE_TYPES.map((type) => `- ${code(type)}`).join("\n") },
    webhooks: { events: eventsTable() },
    cli: { "exit-codes": exitsTable() },
    "self-hosting": { settings: settingsTable() },
    versioning: { deprecated: deprecatedTable(contract) },
  };
  const guides = Object.entries(tables).map(([name, marks]) => [`spec/guides/${name}.md`, marks] as const);
  return Object.fromEntries([...guides, ["client/cli/README.md", { "exit-codes": exitsTable() }]]);
}
