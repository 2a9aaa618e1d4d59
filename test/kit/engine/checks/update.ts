import { pathParams } from "../../api.ts";
import type { DocumentedOperation, JsonSchema } from "../../document.ts";
import { type Draft, withJson } from "../../draft.ts";
import type { Kind } from "../kinds.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import type { Ids } from "../world.ts";
import { changeTimeOf, contradictions, NEXT_SECOND_MS, readOne, writableOf } from "./answered.ts";
import { bodyOf, differences, isRecord, takesIn } from "./compare.ts";

type Fields = Readonly<Record<string, unknown>>;

const updatesOf = (op: DocumentedOperation, run: Run): Kind | undefined => {
  const kind = run.world.kindOf(op);
  const json = Object.keys(op.body?.content ?? {}).some((type) => type.includes("json"));
  const isChange = json && (op.method === "PATCH" || op.method === "PUT");
  // What nothing reads by itself is looked up in its list, where the request names it.
  return isChange && kind?.updates.includes(op) && (kind.reads ?? (pathParams(op).length > 0 && kind.lists))
    ? kind
    : undefined;
};

/**
 * A value that the field takes and does not have, so that a change is one, and not its default either, so that a reset
 * is one; the suggested one where none is known.
 */
function otherThan(run: Run, schema: JsonSchema, present: unknown, suggested: unknown): unknown {
  const reset = schema.default ?? run.api.schemas.of(schema).default;
  const differs = (one: unknown) => JSON.stringify(one) !== JSON.stringify(present);
  if (differs(suggested) && suggested !== reset) return suggested;
  const near = typeof present === "number" ? [present + 1, present - 1, present + 2, present - 2] : [];
  const others = typeof present === "boolean" ? [!present] : near;
  const fit = [...(run.api.schemas.of(schema).enum ?? []), ...others].filter(
    (one) => differs(one) && run.api.schemas.fits(schema, one),
  );
  return fit.find((one) => one !== reset) ?? (differs(suggested) ? suggested : (fit[0] ?? suggested));
}

/** What one run of the check works on: a resource of its own, and the request that changes it. */
type Subject = {
  readonly op: DocumentedOperation;
  readonly run: Run;
  readonly draft: Draft;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  read(): Promise<Exchange | undefined>;
};

async function subjectOf(op: DocumentedOperation, run: Run): Promise<Subject | undefined> {
  const kind = updatesOf(op, run);
  const param = pathParams(op).at(-1);
  if (!kind || !run.cast.owner(op)) return undefined;
  const made = param && (kind.creates.length > 0 || !kind.reads) ? await run.world.make(kind.name) : undefined;
  if (param && !made) return undefined;
  const ids: Ids = made && param ? { ...made.ids, [`path ${param.name}`]: made.id } : {};
  const { draft } = await run.world.draft(op, ids);
  const schemas = run.api.schemas.of(run.api.body(op)?.schema ?? {}).properties ?? {};
  return { op, run, draft, schemas, read: () => readOne(run, kind, made?.id ?? "", ids) };
}

/** The whole body with every field other than it is read; what names a resource stays. */
function othersOf({ op, run, schemas }: Subject, whole: Fields, present: Fields): Record<string, unknown> {
  const named = new Set(run.world.references(op).map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(whole).map(([name, value]) => {
      const schema = schemas[name];
      return [name, schema && !named.has(name) ? otherThan(run, schema, present[name], value) : value];
    }),
  );
}

/** Sends a change and reads before and after it; undefined when it was refused, or nothing can be read. */
async function change(subject: Subject, fields: Fields) {
  const { op, run, draft } = subject;
  const before = await subject.read();
  const changed = await run.send(op, withJson(draft, fields), run.cast.owner(op));
  if (changed.status >= 300) return undefined;
  const after = await subject.read();
  if (before?.status !== 200 || after?.status !== 200) return undefined;
  const lost = differences(fields, after.json, takesIn(run.api, run.world.kindOf(op)?.reads));
  if (lost.length > 0) {
    run.report("update_is_visible", op, { expected: "what was sent", seen: lost.join("; ") }, [changed, after]);
    return undefined;
  }
  const kind = run.world.kindOf(op);
  const other = kind ? await contradictions(run, kind, changed, after, subject.read) : [];
  if (other.length > 0) {
    const what = { expected: "what the change answered", seen: other.join("; ") };
    run.report("update_is_visible", op, what, [changed, after]);
  }
  return { before: before.json, changed, after };
}

export const updateIsVisible: Check = {
  name: "update_is_visible",
  about: "What was changed is read as it was sent and answered; a PATCH leaves the rest, a PUT replaces it",
  also: ["patch_merges", "put_replaces"],
  applies: (op, run) => updatesOf(op, run) !== undefined,
  async run(op, run) {
    const subject = await subjectOf(op, run);
    const present = await subject?.read();
    const whole = subject && bodyOf(subject.draft);
    if (!subject || present?.status !== 200 || !isRecord(present.json) || !isRecord(whole)) return;
    const others = othersOf(subject, whole, present.json);
    await change(subject, others);
    if (op.method === "PUT") return replaces(subject, others);
    await merges(subject, whole);
  },
};

/** Each field by itself, and null where it may be: the others stay. */
async function merges(subject: Subject, whole: Fields): Promise<void> {
  const { op, run, schemas } = subject;
  const writable = writableOf(run.world.kindOf(op), run);
  let unmoved: { name: string; was: unknown } | undefined;
  for (const name of Object.keys(whole)) {
    const schema = schemas[name];
    const present = (await subject.read())?.json;
    if (!schema || !isRecord(present)) continue;
    const { [name]: value } = othersOf(subject, { [name]: whole[name] }, present);
    // A time may be that of a state: a post that is published has one.
    const isState = run.api.schemas.of(schema).enum !== undefined || typeof value === "boolean";
    const follows = (other: string) => isState && /(_at|_on|At|On)$/.test(other);
    const values = run.api.schemas.fits(schema, null) ? [value, null, value] : [value];
    for (const one of values) {
      const done = await change(subject, { [name]: one });
      if (done && isRecord(done.before) && isUnmoved(subject, name, done)) unmoved = { name, was: done.before[name] };
      const spoilt = done
        ? spoiltBy(name, done.before, done.after.json).filter((one) => writable.has(one.name) && !follows(one.name))
        : [];
      if (!done || spoilt.length === 0) continue;
      const seen = spoilt.map((one) => `${one.name}: ${one.how}`).join("; ");
      const what = { expected: "the other fields as they were", seen };
      run.report("patch_merges", op, what, [done.changed, done.after]);
    }
  }
  if (unmoved) await moves(subject, unmoved.name, unmoved.was);
}

type Change = NonNullable<Awaited<ReturnType<typeof change>>>;

/** Whether a change that was made has left the time of the last change as it was. */
function isUnmoved({ op, run }: Subject, name: string, { before, after: { json } }: Change): boolean {
  const time = changeTimeOf(op, run, json);
  if (time === undefined || !isRecord(before) || !isRecord(json) || before[time] !== json[time]) return false;
  return JSON.stringify(before[name]) !== JSON.stringify(json[name]);
}

/** Changes a field back, a second later, because a clock may count in seconds: then the time of the change moves. */
async function moves(subject: Subject, name: string, was: unknown): Promise<void> {
  const { op, run } = subject;
  await run.clock.sleep(NEXT_SECOND_MS);
  const done = await change(subject, { [name]: was });
  if (!done || !isUnmoved(subject, name, done)) return;
  const time = changeTimeOf(op, run, done.after.json) ?? "";
  const stays = isRecord(done.before) ? done.before[time] : undefined;
  const what = { expected: `${time} moves with a change`, seen: `${time} stays ${stays}` };
  run.report("update_is_visible", op, what, [done.changed, done.after]);
}

/** Fields that were not sent and have changed all the same; versions change with every write. */
function spoiltBy(sent: string, before: unknown, after: unknown): { name: string; how: string }[] {
  if (!isRecord(before) || !isRecord(after)) return [];
  return Object.keys(before).flatMap((name) => {
    if (name === sent || /(version|etag|revision)$/.test(name)) return [];
    const [old, now] = [JSON.stringify(before[name]), JSON.stringify(after[name])];
    return old === now ? [] : [{ name, how: `${old} became ${now}` }];
  });
}

/** A PUT without what may be left out: nothing of it stays, and a declared default takes its place (RFC 9110 §9.3.4). */
async function replaces(subject: Subject, whole: Fields): Promise<void> {
  const { op, run, schemas } = subject;
  const required = run.api.schemas.of(run.api.body(op)?.schema ?? {}).required ?? [];
  const least = Object.fromEntries(Object.entries(whole).filter(([name]) => required.includes(name)));
  const done = await change(subject, least);
  if (!done || !isRecord(done.before) || !isRecord(done.after.json)) return;
  const after = done.after.json;
  const kept = Object.keys(whole).flatMap((name) => {
    const was = whole[name];
    if (name in least || was === null || !(name in after)) return [];
    const schema = schemas[name] ?? {};
    const reset = schema.default ?? run.api.schemas.of(schema).default;
    const seen = JSON.stringify(after[name]);
    const right = reset === undefined ? seen !== JSON.stringify(was) : seen === JSON.stringify(reset);
    return right ? [] : [`${name}: ${seen}`];
  });
  if (kept.length === 0) return;
  const what = { expected: "what was left out is reset", seen: kept.join("; ") };
  run.report("put_replaces", op, what, [done.changed, done.after]);
}
