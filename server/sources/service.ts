import type { Source } from "../../spec/sources.ts";
import { newId } from "../kit/ids.ts";
import type { Db } from "../kit/postgres/db.ts";
import { KEEP } from "./post-sql.ts";
import { lastSync, planIn, toSource } from "./rows.ts";
import {
  ACTIVE_OF_PERSONA,
  DUE,
  FAILED,
  FETCHED,
  GET,
  LOCK,
  type Located,
  PLAN,
  type SourceRow,
  SYNCABLE_ONE,
  type Syncable,
  TAKE,
  TAKE_DUE,
  UNPLANNED,
} from "./sql.ts";

export type { Located, Syncable };

/** At which failure in a row a source is said to be failing. */
const FAILING = 3;
/** Posts that are written by one statement. */
const BATCH = 100;

/** What is asked for when a source is fetched. */
export type FeedToFetch = Pick<SourceRow, "id" | "url" | "etag" | "last_modified">;

/** A post of a feed, before it is a source's. */
export type IncomingPost = {
  readonly external_id: string;
  readonly url: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly author: string | null;
  readonly media: readonly object[];
  readonly published_at: string | null;
  /** SHA-256, in hex: the post has changed when this has. */
  readonly digest: string;
};

/** What a fetch brought. Without `feed` its publisher says that nothing has changed. */
export type Fetched = {
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly feed?: { readonly format: "rss" | "atom" | "json_feed"; readonly title: string | null } & {
    /** Newest first. */
    readonly posts: readonly IncomingPost[];
  };
};

/** Why a fetch brought nothing. */
export type FetchFailure = {
  readonly code: string;
  readonly message: string;
  /** The publisher asks to be left alone for so many milliseconds. */
  readonly retryAfterMs?: number;
  /** It says that the feed is gone for good (410): the source is paused. */
  readonly gone?: boolean;
};

/** A persona's active sources. */
export const activeSources = (db: Db, persona: string): Promise<Syncable[]> =>
  db.rows<Syncable>(ACTIVE_OF_PERSONA, [persona]);

/** One source, which is there until the transaction ends. */
export const syncableSource = (db: Db, source: string): Promise<Syncable | undefined> =>
  db.one<Syncable>(SYNCABLE_ONE, [source]);

/** What to fetch for a source; undefined once it is deleted. */
export const feedToFetch = (db: Db, source: string): Promise<FeedToFetch | undefined> =>
  db.one<FeedToFetch>(GET, [source]);

/** The source, locked, if it still has the address that was fetched. */
async function lockFetched(db: Db, { id, url }: FeedToFetch): Promise<SourceRow | undefined> {
  const row = await db.one<SourceRow>(LOCK, [id]);
  return row?.url === url ? row : undefined;
}

/**
 * Keeps what a fetch brought: new posts, changed posts, and that it went well. In the transaction of the caller, which
 * answers for doing it once.
 * @returns How many posts were new; undefined when the source is deleted, or has another address by now.
 */
export async function keepFetched(
  db: Db,
  organization: string,
  asked: FeedToFetch,
  fetched: Fetched,
  nowMs: number,
): Promise<number | undefined> {
  const row = await lockFetched(db, asked);
  if (!row) return undefined;
  const fresh = fetched.feed ? await keepPosts(db, organization, row, fetched.feed.posts, nowMs) : 0;
  const plan = await planIn(db, row, nowMs, nowMs);
  const { title = null, format = null } = fetched.feed ?? {};
  const now = new Date(nowMs).toISOString();
  await db.run(FETCHED, [row.id, title, format, fetched.etag, fetched.lastModified, now, ...plan, fresh]);
  return fresh;
}

async function keepPosts(
  db: Db,
  organization: string,
  source: SourceRow,
  posts: readonly IncomingPost[],
  nowMs: number,
): Promise<number> {
  let fresh = 0;
  // Ids go by their time: what the feed has first is the newest, and is listed first.
  const made = posts.map((post, at) => ({ id: newId("spo", nowMs - at), ...post }));
  for (let at = 0; at < made.length; at += BATCH) {
    const batch = JSON.stringify(made.slice(at, at + BATCH));
    const written = await db.rows<{ is_new: boolean }>(KEEP, [batch, organization, source.id, source.persona_id]);
    fresh += written.filter(({ is_new }) => is_new).length;
  }
  return fresh;
}

/**
 * Notes that a source could not be read, in the transaction of the caller.
 * @returns Whether it was still there with that address, and the source itself when it is failing from now on.
 */
export async function keepFailure(
  db: Db,
  asked: FeedToFetch,
  failure: FetchFailure,
  nowMs: number,
): Promise<{ failing?: (typeof Source)["_zod"]["output"] } | undefined> {
  const row = await lockFetched(db, asked);
  if (!row) return undefined;
  const { gone = false, retryAfterMs = 0 } = failure;
  const notBefore = nowMs + retryAfterMs;
  const plan = await planIn(db, { ...row, paused: row.paused || gone }, nowMs, notBefore);
  const failed = await db.one<SourceRow>(FAILED, [row.id, failure.code, failure.message, gone, ...plan]);
  return failed?.consecutive_failures === FAILING ? { failing: toSource(failed) } : {};
}

/** Sources of all organizations whose time has come, longest waiting first. For a connection bound to none. */
export const dueSources = (db: Db, nowMs: number, most: number): Promise<Located[]> =>
  db.rows<Located>(DUE, [new Date(nowMs).toISOString(), most]);

/** Sources of all organizations whose plan does not fit their schedule, brand or state any more. */
export const unplannedSources = (db: Db, most: number): Promise<Located[]> => db.rows<Located>(UNPLANNED, [most]);

/** Takes those of the bound organization's that are still due, and plans their next time. Each is taken once. */
export async function takeDue(db: Db, ids: readonly string[], nowMs: number): Promise<Syncable[]> {
  const rows = await db.rows<SourceRow>(TAKE_DUE, [ids, new Date(nowMs).toISOString()]);
  for (const row of rows) await db.run(PLAN, [row.id, ...(await planIn(db, row, nowMs, nowMs))]);
  return rows;
}

/** Plans sources of the bound organization anew. */
export async function planAgain(db: Db, ids: readonly string[], nowMs: number): Promise<void> {
  const rows = await db.rows<SourceRow>(TAKE, [ids]);
  for (const row of rows) await db.run(PLAN, [row.id, ...(await planIn(db, row, lastSync(row, nowMs), nowMs))]);
}
