import type { IncomingMessage, ServerResponse } from "node:http";
import inject from "light-my-request";
import type pg from "pg";
import type { Db } from "../kit/postgres/db.ts";
import { withTransaction } from "../kit/postgres/pool.ts";
import { within } from "./adapter.ts";

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** Headers that only a proxy may write, and those that say where a request went: `authority` is the truth of both. */
const OURS = /^(host|forwarded|x-forwarded-.*|connection|content-length|transfer-encoding)$/;

/**
 * Has a listener of node:http answer a fetch request: the provider is a Koa application, and this server speaks fetch.
 * @param body The request's body, read before: the listener must not wait for a client.
 */
export async function dispatch(
  listener: Listener,
  request: Request,
  body: string,
  publicUrl: string,
): Promise<Response> {
  const url = new URL(request.url);
  const { host, protocol } = new URL(publicUrl);
  const headers = Object.fromEntries([...request.headers].filter(([name]) => !OURS.test(name)));
  const result = await inject(listener, {
    method: request.method,
    url: url.pathname + url.search,
    authority: host,
    headers: { ...headers, "x-forwarded-proto": protocol.slice(0, -1) },
    ...(body === "" ? {} : { payload: body }),
  });
  const answer = new Headers();
  for (const [name, value] of Object.entries(result.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) answer.append(name, String(one));
  }
  const empty = result.statusCode === 204 || result.statusCode === 304;
  return new Response(empty ? null : result.payload, { status: result.statusCode, headers: answer });
}

/** Carries the answer of a failed request out of the transaction that it rolls back. */
class Failed extends Error {
  readonly response: Response;
  constructor(response: Response) {
    super("the provider failed");
    this.response = response;
  }
}

/**
 * Runs `work` in one transaction that the provider's storage takes part in. A refusal commits (a token that was used twice
 * has ended its family); an answer of 500 and above rolls back.
 */
export async function inOneTransaction(pool: pg.Pool, work: (db: Db) => Promise<Response>): Promise<Response> {
  try {
    return await withTransaction(pool, "", (db) =>
      within(db, async () => {
        const response = await work(db);
        if (response.status >= 500) throw new Failed(response);
        return response;
      }),
    );
  } catch (error) {
    if (error instanceof Failed) return error.response;
    throw error;
  }
}
