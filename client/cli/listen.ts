import { createHmac, randomBytes } from "node:crypto";
import { pauseAfter } from "../backoff.ts";
import { ApiError, type Result } from "../index.ts";
import { blocksOf } from "./events.ts";
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
 * Forwards this organization's events to a program of yours, from now on, until it is interrupted. The stream ends now and
 * then: it is opened again where it ended, so that every event comes, and twice only if it was cut off while it was forwarded.
 */
export async function listen(flags: ListenFlags, io: Io): Promise<void> {
  const url = urlOf(flags.forward);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError(`"${flags.forward}" is no address`, "It looks like http://localhost:3000/hook.");
  if (flags.secret !== undefined && !/^whsec_[A-Za-z\d+/]{32,}=*$/.test(flags.secret))
    throw new UsageError("--secret is none", "It begins with whsec_, as creating an endpoint shows it.");
  const types = typesOf(flags);
  const { api, name } = await openSession(flags, io);
  const secret = flags.secret ?? (await secretOf(name, io));
  const { signal } = io;
  let after: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const headers = after === undefined ? {} : { "last-event-id": after };
      for await (const { id, data } of blocksOf(await api.streamEvents({ headers, signal }), signal)) {
        failures = 0;
        if (after === undefined)
          io.stderr.write(`Forwarding events to ${url.href}, signed with ${secret}\nCtrl-C ends it.\n`);
        // What the contract says of this operation's data.
        const event = data === undefined ? undefined : (JSON.parse(data) as Event);
        if (event && (types.size === 0 || types.has(event.type))) {
          const said = await forward(event, url, secret, io);
          io.stdout.write(harmless(`${event.created_at}  ${event.type}  ${event.id}  ${said}`).concat("\n"));
        }
        // Only now: what was not forwarded comes again.
        after = id ?? after;
      }
    } catch (error) {
      later(error, io);
    }
    await io.timing.sleep(pauseAfter(++failures, "", io.timing), signal).catch(() => undefined);
  }
}

/** Says what may pass, and throws anything else. */
function later(error: unknown, io: Io): void {
  if (io.signal.aborted) return;
  if (error instanceof UsageError || (error instanceof ApiError && error.status < 500 && error.status !== 429))
    throw error;
  io.stderr.write(harmless(`${error instanceof Error ? error.message : error}`).concat("\nTrying again.\n"));
}
