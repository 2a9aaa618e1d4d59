import path from "node:path";
import { type Job, JobError } from "../index.ts";
import { UsageError } from "./failure.ts";
import { fileOf, type Given, type InputFlags, inputOf } from "./input.ts";
import type { Io } from "./io.ts";
import { type Format, formatOf, itemsOf, jsonLine, shown } from "./output.ts";
import { progress } from "./progress.ts";
import { type Globals, openSession, type Session } from "./session.ts";
import type { Command } from "./table.ts";

/** Options of one command beside its fields. */
export type CallFlags = Globals & {
  readonly all?: boolean;
  readonly wait?: boolean;
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
  readonly header?: readonly string[];
} & InputFlags;

type Method = ((call: object) => Promise<unknown>) & { all(call: object): AsyncGenerator<unknown> };

/** Runs one operation and prints its answer. Throws what it fails with. */
export async function call(command: Command, args: readonly string[], given: Given, flags: CallFlags, io: Io) {
  const format = formatOf(flags.output, io);
  const params = Object.fromEntries(command.params.map(({ name }, at) => [name, idOf(name, args[at] ?? "", flags)]));
  const { query, body } = await inputOf(command, given, flags, io);
  const session = await openSession(flags, io);
  const headers = {
    ...(flags.idempotencyKey !== undefined && { "idempotency-key": flags.idempotencyKey }),
    ...(flags.ifMatch !== undefined && { "if-match": flags.ifMatch }),
    ...headersOf(flags.header ?? []),
  };
  const options = { params, query, headers, signal: io.signal };
  // The table and the client are made of one contract: every command's id is one of its methods.
  const method = (session.api as unknown as Readonly<Record<string, Method>>)[command.id];
  if (!method) throw new Error(`The client has no ${command.id}: run npm run generate`);
  if (flags.all && command.paged) return printAll(command, method.all(options), format, io);
  let answer: unknown;
  if (command.body === "form" && flags.check) answer = await upload(command, given, options, session, io);
  else answer = await method({ ...options, body: await bodyOf(command, given, body, flags, io) });
  if (flags.wait && command.async) answer = await wait(answer as Job, session, io);
  print(command, answer, format, io);
}

/** A value of the path. Dots alone would lead to another address: `members remove ..` would delete what is above. */
function idOf(name: string, said: string, { check }: Globals): string {
  if (/^\.\.?$/.test(said) || (check && said === "")) throw new UsageError(`<${name}> cannot be "${said}"`);
  return said;
}

/** Headers by their names, from `name: value`. */
function headersOf(said: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    said.map((line) => {
      const [, name, value = ""] = /^([\w!#$%&'*+.^`|~-]+):\s*([\x20-\x7e]*)$/.exec(line) ?? [];
      if (!name) throw new UsageError(`--header: "${line}" is none`, 'It looks like --header "x-name: value".');
      return [name.toLowerCase(), value];
    }),
  );
}

/** What is sent as a body: bytes, a form of what was given, or what flags and `--body` came to. */
async function bodyOf(command: Command, given: Given, body: unknown, flags: CallFlags, io: Io): Promise<unknown> {
  if (command.body === "bytes") return bytes(flags.body, io);
  if (command.body !== "form" || flags.body !== undefined) return body;
  const form = new FormData();
  for (const [field, said] of given)
    if (field.type === "file") {
      const name = String(said).replace(/^@/, "");
      form.append(field.name, await fileOf(name, io), name === "-" ? "stdin" : path.basename(name));
    } else if (field.in === "body") form.append(field.name, String(said));
  return form;
}

async function bytes(said: string | undefined, io: Io): Promise<Blob> {
  if (said === undefined) throw new UsageError("This command sends a file", "Name it: --body @file, or --body -.");
  return fileOf(said.replace(/^@/, ""), io);
}

function print(command: Command, answer: unknown, format: Format, io: Io): void {
  if (answer === undefined) {
    if (io.stderr.isTTY) io.stderr.write("Done.\n");
    return;
  }
  io.stdout.write(shown(answer, format, command.columns ?? [], io));
  const next = (answer as { next_cursor?: unknown } | null)?.next_cursor;
  const items = itemsOf(answer);
  if (!items || !io.stderr.isTTY || format === "json" || format === "yaml") return;
  if (items.length === 0) io.stderr.write("None.\n");
  else if (typeof next === "string") io.stderr.write("There are more: --all, or a higher --limit.\n");
}

/** Every page of a list. Lines of JSON are written as they come; other formats need all of them first. */
async function printAll(command: Command, items: AsyncGenerator<unknown>, format: Format, io: Io): Promise<void> {
  const held: unknown[] = [];
  const bar = progress(io);
  try {
    for await (const item of items) {
      if (format === "ndjson") io.stdout.write(jsonLine(item, io));
      else held.push(item);
      if (held.length > 0 && held.length % 100 === 0) bar.show(`${held.length} read`);
    }
  } finally {
    bar.end();
  }
  if (format !== "ndjson") print(command, { data: held }, format, io);
}

/** Sends a file, in parts where it is large, and shows how far it is. */
async function upload(command: Command, given: Given, options: object, { api }: Session, io: Io): Promise<unknown> {
  const field = command.fields.find(({ type }) => type === "file");
  const said = field && given.get(field);
  if (typeof said !== "string")
    throw new UsageError("There is no file to send", "Name it: --file clip.mp4, or - to read it.");
  const blob = await fileOf(said.replace(/^@/, ""), io);
  const filename = said === "-" ? "stdin" : path.basename(said);
  const bar = progress(io);
  try {
    return await api.upload(blob, {
      ...options,
      filename,
      onProgress: ({ sent, size }) => bar.show(filename, size > 0 ? sent / size : 1),
    });
  } finally {
    bar.end();
  }
}

/** Follows work to its end, and shows how far it is. Throws JobError when it fails. */
async function wait(job: Job, { api }: Session, io: Io): Promise<Job> {
  const bar = progress(io);
  try {
    return await api.waitFor(job, {
      signal: io.signal,
      onProgress: (now: Job & { progress?: unknown }) =>
        bar.show(`${now.id} ${now.status}`, typeof now.progress === "number" ? now.progress / 100 : undefined),
    });
  } catch (error) {
    bar.end();
    // Whatever ended the waiting did not end the work, whose id is printed nowhere else.
    if (!(error instanceof JobError)) io.stderr.write(`${job.id} goes on without you.\n`);
    throw error;
  } finally {
    bar.end();
  }
}
