import pg from "pg";
import { errorCode, errorMessage } from "../embedded/errors.ts";
import { TransferError } from "./errors.ts";

// One text for one value, whatever the server's settings; and nothing may time out in the middle of a backup.
const SETTINGS = {
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  bytea_output: "hex",
  extra_float_digits: "3",
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  transaction_timeout: "0",
  lock_timeout: "3s",
};

/**
 * Runs `work` in one transaction begun with `begin`, as the maintenance of row level security. Rolls back when it
 * throws, or when `signal` aborts it. Throws CANNOT_CONNECT.
 */
export async function inTransaction<T>(
  url: string,
  begin: string,
  signal: AbortSignal | undefined,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const client = await connect(url);
  // A connection that breaks outside of a query would end the process; inside of one, the query rejects as well.
  client.on("error", () => {});
  const abort = () => void client.end();
  signal?.addEventListener("abort", abort);
  try {
    await client.query(begin);
    // Local to the transaction, so that it also holds behind a pooler; only names that this server knows.
    const [names, values] = [Object.keys(SETTINGS), Object.values(SETTINGS)];
    await client.query(
      `SELECT set_config(s.name, v.value, true) FROM unnest($1::text[], $2::text[]) AS v(name, value)
       JOIN pg_catalog.pg_settings s ON lower(s.name) = lower(v.name)`,
      [names, values],
    );
    await client.query("SELECT set_config('app.maintenance', 'on', true)");
    const result = await work(client);
    signal?.throwIfAborted();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    if (errorCode(error) === "55P03") throw busy(error);
    if (errorCode(error) === "42501") throw forbidden(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
    await client.end(); // without COMMIT the server rolls back
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: "reelmark-transfer" });
  try {
    await client.connect();
    return client;
  } catch (error) {
    const reason = error instanceof AggregateError ? errorMessage(error.errors[0]) : errorMessage(error);
    throw new TransferError(
      "CANNOT_CONNECT",
      `The database cannot be reached (${reason}). Check DATABASE_URL, and that the server runs.`,
      { cause: error },
    );
  }
}

function busy(cause: unknown): TransferError {
  return new TransferError(
    "DATABASE_BUSY",
    "A table is in use by another session. Stop every server and worker of this database, then try again.",
    { cause },
  );
}

function forbidden(cause: unknown): TransferError {
  return new TransferError(
    "NOT_OWNER",
    `This database role may not do that (${errorMessage(cause)}). Use the role that runs the migrations in DATABASE_URL.`,
    { cause },
  );
}
