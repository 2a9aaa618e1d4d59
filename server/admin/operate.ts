import { writeOperatorAudit } from "../audit/service.ts";
import { migrateDatabase } from "../db/migrate.ts";
import { newId } from "../kit/ids.ts";
import { type Db, statement } from "../kit/postgres/db.ts";
import { isUnavailable, openPool, withTransaction } from "../kit/postgres/pool.ts";

/** A command that cannot be done as it was asked. The message is for the operator: what is wrong, what to do. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly code: "NOT_FOUND" | "CONFLICT" | "INVALID" | "KEY_MISSING" | "UNAVAILABLE" | "NOT_ALLOWED";

  constructor(code: OperatorError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a command has done, and what the record says of it: names, never values. */
export type Deed<R> = {
  readonly result: R;
  /** The organizations concerned: each sees the record. None: it belongs to the operator alone. */
  readonly organizations: readonly string[];
  readonly resource?: { readonly kind: string; readonly id: string };
  readonly fields: readonly string[];
};

/** What a command works with: one transaction that sees every organization. */
export type Operator = { readonly db: Db; readonly nowMs: number; readonly newId: (prefix: string) => string };

const MAINTAIN = statement("admin.maintain", "select set_config('app.maintenance', 'on', true)");
/** How long a statement of a command may run, in milliseconds: some go over all rows. */
const STATEMENT_MS = 60_000;

/**
 * Runs an operator's command as the owner of the tables, in one transaction with its audit records: no command goes
 * unrecorded, and a failed one leaves nothing. The tables are brought to this version first, so that it works on a new
 * database too. Throws what `work` throws, and OperatorError when the database is away.
 * @param command its name on the command line; the record says `admin.<command>`.
 */
export async function operate<R>(
  url: string,
  command: string,
  work: (operator: Operator) => Promise<Deed<R>>,
): Promise<R> {
  // A connection that breaks fails the statement in flight, which says so.
  const pool = openPool({ name: "reelmark-admin", url, max: 1, statementTimeoutMs: STATEMENT_MS, onError: () => {} });
  try {
    await migrateDatabase(url);
    return await withTransaction(pool, "", async (db) => {
      await db.run(MAINTAIN);
      const nowMs = Date.now();
      const deed = await work({ db, nowMs, newId: (prefix) => newId(prefix, nowMs) });
      const requestId = newId("req", nowMs);
      for (const organization of deed.organizations.length > 0 ? deed.organizations : [""]) {
        await writeOperatorAudit(db, {
          organization,
          operation: `admin.${command}`,
          resourceKind: deed.resource?.kind ?? null,
          resourceId: deed.resource?.id ?? null,
          fields: [...deed.fields].sort(),
          requestId,
          atMs: nowMs,
        });
      }
      return deed.result;
    });
  } catch (error) {
    throw explained(error);
  } finally {
    await pool.end();
  }
}

function explained(error: unknown): unknown {
  if (isUnavailable(error)) {
    const why = error instanceof Error ? error.message : String(error);
    const what = `The database cannot be reached, or took too long (${why})`;
    const todo = "Nothing was changed: try again, start it, or correct DATABASE_URL";
    return new OperatorError("UNAVAILABLE", `${what}. ${todo}`, { cause: error });
  }
  if ((error as { code?: unknown })?.code === "42501") {
    const what = "The user of DATABASE_URL does not own the tables: use the one that the server uses";
    return new OperatorError("NOT_ALLOWED", what, { cause: error });
  }
  return error;
}
