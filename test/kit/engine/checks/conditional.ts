import type { DocumentedOperation } from "../../document.ts";
import { type Draft, withHeaders } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange, Principal } from "../types.ts";

/** A tag that no version has. */
const NO_VERSION = '"no-such-version"';

const opaque = (tag: string) => tag.replace(/^W\//, "");
const isWeak = (tag: string) => tag.startsWith("W/");

/** How a client or a cache may say that it has the present version: compared weakly, `W/` does not count (RFC 9110 §13.1.2). */
const known = (tag: string): readonly (readonly [what: string, value: string])[] => [
  ["the present ETag", tag],
  ["the present ETag in its other strength", isWeak(tag) ? opaque(tag) : `W/${tag}`],
  ["a list with the present ETag", `${NO_VERSION}, ${tag}`],
  ["*, of what is there", "*"],
];

type Read = { readonly op: DocumentedOperation; readonly draft: Draft; readonly who: Principal | undefined };

const get = (run: Run, { op, draft, who }: Read, headers: Readonly<Record<string, string>> = {}): Promise<Exchange> =>
  run.send(op, withHeaders(draft, headers), who);

async function readsAgain(run: Run, check: Check, read: Read, first: Exchange, tag: string): Promise<void> {
  const { op } = read;
  for (const [what, value] of known(tag)) {
    const again = await get(run, read, { "if-none-match": value });
    const present = again.headers.get("etag");
    // It may change by itself.
    if (again.status === 200 && present !== tag) continue;
    if (again.status !== 304) {
      const expected = `304 for If-None-Match with ${what}`;
      run.report(check.name, op, { expected, seen: String(again.status) }, [first, again]);
    } else if (present === null) {
      const expected = "a 304 with the ETag that its 200 has (RFC 9110 §15.4.5)";
      run.report(check.name, op, { expected, seen: "no ETag" }, [first, again]);
    }
  }
  const other = await get(run, read, { "if-none-match": NO_VERSION });
  if (other.status !== 304) return;
  run.report(check.name, op, { expected: "200 for If-None-Match with another ETag", seen: "304" }, [other]);
}

const takesMatch = (op: DocumentedOperation) =>
  op.parameters.some(({ in: place, name }) => place === "header" && name.toLowerCase() === "if-match");

async function writes(run: Run, check: Check, reader: DocumentedOperation, update: DocumentedOperation): Promise<void> {
  const who = run.cast.owner(update);
  const { ids } = await run.world.draft(update, {}, true);
  const send = async (match?: string) => {
    const { draft } = await run.world.draft(update, ids);
    return run.send(update, match === undefined ? draft : withHeaders(draft, { "if-match": match }), who);
  };
  const refusedFor = async (what: string, match: string) => {
    const stale = await send(match);
    // RFC 9110 §13.2.1: what would be refused anyway is refused for that.
    if (stale.status === 412 || (stale.status >= 400 && (await send()).status >= 400)) return;
    run.report(check.name, update, { expected: `412 for If-Match with ${what}`, seen: String(stale.status) }, [stale]);
  };
  await refusedFor("another ETag", NO_VERSION);
  // Below another path stands another resource, whose versions the reader does not tell.
  if (update.path !== reader.path) return;
  const read: Read = { op: reader, draft: (await run.world.draft(reader, ids)).draft, who: run.cast.owner(reader) };
  const present = async () => (await get(run, read)).headers.get("etag");
  const takenFor = async (what: string, match: (tag: string) => string) => {
    const tag = await present();
    if (tag === null) return;
    const taken = await send(match(tag));
    // A 412 after which the version is the same was not for a change that came between.
    if (taken.status !== 412 || (await present()) !== tag) return;
    run.report(check.name, update, { expected: `no 412 for If-Match with ${what}`, seen: "412" }, [taken]);
  };
  await takenFor("*, of what is there", () => "*");
  const tag = await present();
  // Compared strongly, a weak tag is equal to none (RFC 9110 §13.1.1), so only a strong one can be sent to be taken.
  if (tag === null || isWeak(tag)) return;
  await refusedFor("the present ETag made weak", `W/${tag}`);
  await takenFor("the present ETag", (one) => one);
  await takenFor("a list with the present ETag", (one) => `${NO_VERSION}, ${one}`);
}

export const conditional: Check = {
  name: "conditional_request",
  about:
    "An ETag that was given makes the next read a 304, and a stale one keeps a write from happening (RFC 9110 §13)",
  applies: (op) => op.method === "GET" && [...op.responses.values()].some(({ headers }) => headers?.etag !== undefined),
  async run(op, run) {
    const who = run.cast.owner(op);
    const { draft } = await run.world.draft(op);
    const first = await run.send(op, draft, who);
    const tag = first.headers.get("etag");
    if (first.status !== 200) return;
    if (tag === null) {
      run.report(this.name, op, { expected: "the ETag that is declared", seen: "none" }, [first]);
      return;
    }
    await readsAgain(run, this, { op, draft, who }, first, tag);
    for (const update of run.world.kindOf(op)?.updates ?? []) {
      if (takesMatch(update)) await writes(run, this, op, update);
    }
  },
};
