import { setTimeout as sleep } from "node:timers/promises";
import { validationError } from "../../spec/kit/errors.ts";
import { newId, timeOfId } from "../kit/ids.ts";
import { type Db, statement } from "../kit/postgres/db.ts";
import type { EventFrame } from "../kit/streams.ts";
import { type EventRow, toEvent } from "./delivery-sql.ts";

/**
 * Where a reader is: after this event of this transaction. Events are told in the order of their transactions, and only once
 * no older one is under way: what commits late lies ahead of every position, so nothing is passed over and nothing repeated.
 */
type Position = { readonly xid: number; readonly id: string };

type Row = Omit<EventRow, "payload"> & { readonly xid: number; readonly payload: string | null };
type Start = { readonly low: number; readonly high: number; readonly seen: readonly string[] };

/** How long no event is looked for, in milliseconds, after there was none. */
const LOOK_MS = 1_000;
/** How many are held in memory at once. */
const AT_ONCE = 100;
/** An id says when its event was written: at most so many milliseconds before its transaction ended. */
const WRITING_MS = 120_000;

// A row keeps the low half of its transaction's number (xmin); the other one is that of the newest at the time.
const WITH_TRANSACTION = `(
  select e.*, now.low, now.high, now.high - ((now.high - e.xmin::text::bigint) & 4294967295) as xid
    from webhook_events e
   cross join (select pg_snapshot_xmin(s)::text::bigint as low, pg_snapshot_xmax(s)::text::bigint as high
                 from pg_current_snapshot() as s) as now
   where e.id > $1)`;

// What has happened already, though an older transaction is still under way, is not news.
const START = statement(
  "webhooks.stream-start",
  `select pg_snapshot_xmin(s)::text::bigint as low, pg_snapshot_xmax(s)::text::bigint as high,
          array(select id from ${WITH_TRANSACTION} as e where xid >= low) as seen
     from pg_current_snapshot() as s`,
);
const LOOK = statement(
  "webhooks.stream-look",
  `select id, type, created_at, xid, case when $4::text is null or type = $4 then payload end as payload
     from ${WITH_TRANSACTION} as e
    where (xid, id) > ($2, $3) and xid < low order by xid, id limit $5`,
);

const textOf = ({ xid, id }: Position) => `${xid.toString(36)}.${id}`;

function positionOf(text: string): Position {
  const [, xid, id] = /^([\da-z]{1,10})\.(msg_[0-9a-hjkmnp-tv-z]{26})$/.exec(text) ?? [];
  if (xid !== undefined && id !== undefined) return { xid: Number.parseInt(xid, 36), id };
  const message = "is no id of this stream: send one as it came, or none to begin now";
  throw validationError([{ path: "headers.last-event-id", code: "invalid_format", message }]);
}

/** What a stream needs of a request: `read` takes a connection of the tenant for a moment. */
type Asked = {
  read<T>(work: (db: Db) => Promise<T>): Promise<T>;
  now(): number;
  readonly lastEventId: string | undefined;
};

/**
 * A tenant's events from now on, or after `lastEventId`; of one type, unless it is null. Throws 400 for a position that is
 * none. No connection is held between two looks.
 */
export async function streamOf(type: string | null, { read, now, lastEventId }: Asked) {
  const given = lastEventId === undefined ? undefined : positionOf(lastEventId);
  const floor = (at: number) => newId("msg", Math.max(0, at - WRITING_MS));
  const begun = await read((db) => db.one<Start>(START, [floor(now())]));
  const { low = 0, high = 0, seen = [] } = begun ?? {};
  if (given === undefined) return follow({ xid: low - 1, id: newId("msg", now()) }, new Set(seen));
  // A number that is still to come is of a database that was restored since: the last minutes are told again.
  return follow(given.xid < high ? given : { ...given, xid: 0 }, new Set());

  async function* follow(
    start: Position,
    known: ReadonlySet<string>,
  ): AsyncGenerator<EventFrame<ReturnType<typeof toEvent>>, void> {
    let at = start;
    let told = start;
    yield { id: textOf(at) };
    for (;;) {
      // A clock that was set back writes ids below those that were read.
      const from = floor(Math.min(now(), timeOfId(at.id)));
      const rows = await read((db) => db.rows<Row>(LOOK, [from, at.xid, at.id, type, AT_ONCE]));
      for (const { xid, payload, ...row } of rows) {
        at = { xid, id: row.id };
        if (payload === null || known.has(row.id)) continue;
        told = at;
        yield { id: textOf(at), event: row.type, data: toEvent({ ...row, payload }) };
      }
      if (told !== at) yield { id: textOf(at) };
      told = at;
      if (rows.length < AT_ONCE) await sleep(LOOK_MS, undefined, { ref: false });
    }
  }
}
