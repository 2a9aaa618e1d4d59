import { createHmac, randomBytes } from "node:crypto";
import { ApiError, ConnectionError, type Result } from "../index.ts";
import { UsageError } from "./failure.ts";
import { COMMANDS } from "./generated/commands.ts";
import type { Io } from "./io.ts";
import { harmless } from "./output.ts";
import { changeProfile, readProfiles } from "./profiles.ts";
import { type Globals, openSession } from "./session.ts";
import { urlOf } from "./url.ts";

export type ListenFlags = Globals & {
  readonly forward: string;
  readonly events?: string;
  readonly secret?: string;
};

type Event = Result<"getEvent">;

/** Events are looked for again this many milliseconds back: one may be written later than another that began after it. */
const OVERLAP = 30_000;
/** For how long a receiver is waited for, in milliseconds, as the server does. */
const PATIENCE = 15_000;

/** The secret that forwarded events are signed with: made once a profile, so that a receiver can be set up for it. */
async function secretOf(name: string, io: Io): Promise<string> {
  const held = (await readProfiles(io)).profiles[name]?.listenSecret;
  if (held) return held;
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  await changeProfile(io, name, (profile) => ({ ...profile, listenSecret: secret }));
  return secret;
}

/** Every type of event, as the list's own filter takes them. */
export const EVENT_TYPES: readonly string[] =
  COMMANDS.find(({ id }) => id === "listEvents")?.fields.find(({ name }) => name === "type")?.choices ?? [];

/** The types that are asked for; none for all. Throws UsageError on one that there is not. */
function typesOf({ events, check }: ListenFlags): ReadonlySet<string> {
  const asked = events?.split(",") ?? [];
  const unknown = asked.find((one) => !EVENT_TYPES.includes(one));
  if (check && unknown !== undefined)
    throw new UsageError(`There is no event "${unknown}"`, `There are ${EVENT_TYPES.join(", ")}.`);
  return new Set(asked);
}

/** Sends one event as the server would, under another secret (Standard Webhooks 1.0). Says what came of it. */
async function forward(event: Event, url: URL, secret: string, io: Io): Promise<string> {
  const body = JSON.stringify(event.payload);
  const timestamp = String(Math.floor(io.timing.now() / 1000));
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signature = createHmac("sha256", key).update(`${event.id}.${timestamp}.${body}`).digest("base64");
  const headers = {
    "content-type": "application/json",
    "webhook-id": event.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE)]);
  try {
    // Not by `io.fetch`, which leads to the API: this goes to the person's own program.
    const answer = await fetch(url, { method: "POST", body, headers, redirect: "manual", signal });
    await answer.body?.cancel();
    return `[${answer.status}]`;
  } catch (error) {
    io.signal.throwIfAborted();
    const { message, cause } = error as { message: string; cause?: { message?: string } };
    return `[no answer: ${cause?.message || message}]`;
  }
}

/**
 * Forwards this organization's events to a program of yours, from now on, until it is interrupted. The API has no stream of
 * events, so its list is asked every second, or as often as half of the credential's rate limit allows.
 */
export async function listen(flags: ListenFlags, io: Io): Promise<void> {
  const url = urlOf(flags.forward);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError(`"${flags.forward}" is no address`, "It looks like http://localhost:3000/hook.");
  if (flags.secret !== undefined && !/^whsec_[A-Za-z\d+/]{32,}=*$/.test(flags.secret))
    throw new UsageError("--secret is none", "It begins with whsec_, as creating an endpoint shows it.");
  const types = typesOf(flags);
  let pause = 1000;
  const { api, name } = await openSession(flags, io, ({ response }) => {
    const limit = Number(response?.headers.get("x-ratelimit-limit"));
    if (limit > 0) pause = Math.max(1000, 120_000 / limit);
  });
  const secret = flags.secret ?? (await secretOf(name, io));
  const look = finder(api, io);
  // What was there before is not forwarded.
  await look();
  io.stderr.write(`Forwarding events to ${url.href}, signed with ${secret}\nCtrl-C ends it.\n`);
  while (!io.signal.aborted) {
    await io.timing.sleep(pause, io.signal).catch(() => undefined);
    for (const event of await look().catch((error: unknown) => later(error, io))) {
      if (types.size > 0 && !types.has(event.type)) continue;
      const said = await forward(event, url, secret, io);
      io.stdout.write(harmless(`${event.created_at}  ${event.type}  ${event.id}  ${said}`).concat("\n"));
    }
  }
}

/** Goes on after what may pass, and ends on anything else. */
function later(error: unknown, io: Io): readonly Event[] {
  if (io.signal.aborted) return [];
  if (!(error instanceof ConnectionError) && !(error instanceof ApiError && error.status >= 500)) throw error;
  io.stderr.write(`${harmless(error.message)}\nTrying again.\n`);
  return [];
}

/** A function that returns the events that it has not returned before, oldest first. */
function finder({ listEvents }: Awaited<ReturnType<typeof openSession>>["api"], io: Io) {
  const seen = new Map<string, number>();
  let newest: number | undefined;
  return async (): Promise<readonly Event[]> => {
    const { signal } = io;
    if (newest === undefined) {
      const [last] = (await listEvents({ query: { limit: 1 }, signal })).data;
      newest = last && Date.parse(last.created_at);
    }
    const query = { ...(newest !== undefined && { since: new Date(newest - OVERLAP).toISOString() }) };
    const fresh: Event[] = [];
    for await (const event of listEvents.all({ query, signal })) {
      if (!seen.has(event.id)) fresh.push(event);
    }
    // Only now: had a later page failed, none of them would have been returned.
    for (const { id, created_at } of fresh) {
      const at = Date.parse(created_at);
      seen.set(id, at);
      newest = Math.max(newest ?? 0, at);
    }
    for (const [id, at] of seen) if (at < (newest ?? 0) - 2 * OVERLAP) seen.delete(id);
    return fresh.reverse();
  };
}
