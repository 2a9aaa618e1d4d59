/** `npm run ledger:check`: proves of the whole ledger that it adds up, also while servers run. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { OperatorError } from "../server/admin/operate.ts";
import { type Difference, type Figures, reconcile } from "../server/billing/reconcile.ts";
import { Db } from "../server/kit/postgres/db.ts";
import { isUnavailable, openPool } from "../server/kit/postgres/pool.ts";
import { reportFailure, withDatabase } from "./db/command.ts";
import { UsageError } from "./usage.ts";

const help = `npm run ledger:check [-- --json]

Goes through the credits of all organizations, in one snapshot, while servers run or not: every movement sums to zero, every
account is the sum of its entries, every balance follows from the one before it, what is held is what open holds say, what is
spent is what was captured, every paid top-up is booked once, and all of it together sums to zero.

  --json      print the figures and the differences as JSON
  -h, --help  show this

The database is that of DATABASE_URL, or the embedded PostgreSQL in DATA_DIR (./data). Nothing is written.
Exit codes: 0 it adds up, 1 it does not (each difference is shown) or could not be read, 2 wrong usage.`;

/** How long one statement may take, in milliseconds: each goes over the whole ledger. */
const STATEMENT_MS = 600_000;

async function check(url: string): Promise<{ figures: Figures; differences: Difference[] }> {
  const pool = openPool({
    name: "reelmark-ledger-check",
    url,
    max: 1,
    statementTimeoutMs: STATEMENT_MS,
    onError: () => {},
  });
  try {
    const client = await pool.connect();
    try {
      await client.query("begin isolation level repeatable read read only");
      // The owner of the tables sees every organization only where it says so.
      await client.query("set local app.maintenance = 'on'");
      const result = await reconcile(new Db(client));
      await client.query("rollback");
      return result;
    } finally {
      client.release(true);
    }
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      "UNAVAILABLE",
      `The database cannot be reached, or took too long (${why}): start it, or correct DATABASE_URL`,
    );
  } finally {
    await pool.end();
  }
}

const shown = ({ figures, differences }: { figures: Figures; differences: readonly Difference[] }): string[] => [
  ...Object.entries(figures).map(([name, value]) => `${name.replace("_", " ").padEnd(14)}${value}`),
  ...differences.map(
    ({ problem, org_id, subject, expected, found }) =>
      `${problem}: ${[org_id, subject].filter(Boolean).join(", ")}: expected ${expected}, found ${found}`,
  ),
  differences.length === 0 ? "The ledger adds up." : `The ledger does not add up: ${differences.length} differences.`,
];

async function main(args: readonly string[]): Promise<void> {
  const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) return console.log(help);
  const result = await withDatabase({ live: true, existing: true }, check);
  if (values.json) console.log(JSON.stringify(result));
  else for (const line of shown(result)) console.log(line);
  if (result.differences.length > 0) process.exitCode = 1;
}

if (existsSync(".env")) process.loadEnvFile(".env");
const args = process.argv.slice(2);
await main(args).catch((error: unknown) => {
  const wrongOption = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  reportFailure("ledger:check", wrongOption ? new UsageError(error.message) : error, args.includes("--json"));
});
