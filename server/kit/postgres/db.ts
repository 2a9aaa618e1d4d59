import type { ClientBase, QueryResult, QueryResultRow } from "pg";

/** A named statement: PostgreSQL plans it once a connection. Written beside the resource that owns the table. */
export type Statement = { readonly name: string; readonly text: string };

const names = new Map<string, string>();

/** Names a statement. Two texts under one name would make PostgreSQL run the first: refused at load. */
export function statement(name: string, text: string): Statement {
  if ((names.get(name) ?? text) !== text) throw new Error(`Two statements are named "${name}"`);
  names.set(name, text);
  return { name, text };
}

/** What a statement takes. */
export type Value = string | number | boolean | null | Date | Buffer | readonly string[];

/** Where pg keeps the socket; its types do not show it. */
type Wire = { readonly connection?: { readonly stream?: { cork(): void; uncork(): void } } };

/** A connection bound to one tenant. Row level security holds every statement to that tenant's rows. */
export class Db {
  readonly #client: ClientBase;
  #gathering = false;
  constructor(client: ClientBase) {
    this.#client = client;
  }

  /** Statements of one turn (a page and its count) leave in one write: one system call, and PostgreSQL wakes up once. */
  #gather(): void {
    // `Wire` only names what is read here, and does without where it is absent.
    const stream = (this.#client as Wire).connection?.stream;
    if (this.#gathering || stream === undefined) return;
    this.#gathering = true;
    stream.cork();
    queueMicrotask(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }

  #send<R extends QueryResultRow>({ name, text }: Statement, values: readonly Value[]): Promise<QueryResult<R>> {
    this.#gather();
    return this.#client.query<R>({ name, text, values: [...values] });
  }

  /** All rows. Columns are named and typed as the statement selects them; the contract checks what leaves the server. */
  async rows<R extends QueryResultRow>(query: Statement, values: readonly Value[] = []): Promise<R[]> {
    const result = await this.#send<R>(query, values);
    return result.rows;
  }

  /** The first row, or undefined. */
  async one<R extends QueryResultRow>(query: Statement, values: readonly Value[] = []): Promise<R | undefined> {
    const rows = await this.rows<R>(query, values);
    return rows[0];
  }

  /** For a library that writes its own SQL (a queue): its statement, in this transaction and on this connection. */
  async execute(text: string, values: readonly unknown[] = []): Promise<{ rows: QueryResultRow[] }> {
    const { rows } = await this.#client.query(text, [...values]);
    return { rows };
  }

  /** How many rows a statement changed. */
  async run(query: Statement, values: readonly Value[] = []): Promise<number> {
    const result = await this.#send(query, values);
    return result.rowCount ?? 0;
  }
}

/** Whether an error is this unique constraint's violation: a 409 and not a failure. */
export function violates(error: unknown, constraint: string): boolean {
  const { code, constraint: name } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  return (code === "23505" || code === "23503") && name === constraint;
}
