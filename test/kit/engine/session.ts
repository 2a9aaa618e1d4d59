import { authOf } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import { type Draft, toRequest } from "../draft.ts";
import { finite } from "../finite.ts";
import { as } from "./cast.ts";
import type { Clock, Exchange, Lost, Principal, Send } from "./types.ts";

/** The run cannot go on: its time is over, it was stopped, or the server is gone. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** An operation's limit lets so little through that waiting for it would take the time of all others. */
export class LimitUsedUp extends Error {
  override readonly name = "LimitUsedUp";
}

/** A credential that was good before is refused now: something in this run has ended it. */
export class CredentialEnded extends Error {
  override readonly name = "CredentialEnded";
  /** Undefined when it is what the caller of the run knows that no longer holds, such as a password. */
  readonly who: Principal | undefined;
  constructor(who: Principal | undefined, why = `the credential of ${who?.name} is no longer accepted`) {
    super(why);
    this.who = who;
  }
}

export type SessionOptions = {
  readonly send: Send;
  /** Origin and base path of the operations. */
  readonly base: string;
  readonly signal?: AbortSignal;
  readonly clock: Clock;
  /** Unix milliseconds of the real time after which nothing more is sent. */
  readonly deadlineMs: number;
  readonly onExchange: (exchange: Exchange) => void;
  /** After so many milliseconds a request counts as not answered. */
  readonly patienceMs: number;
  /** Whether new credentials can be had: then a limit that is used up is not waited out for long. */
  readonly renewable: boolean;
  /** Gives the tenants back what operations of the run took from them: see RunOptions. */
  readonly restore?: (what: Lost) => Promise<void>;
  /** A safe request that only a bad credential is refused; undefined where the document has none. */
  readonly probe: (who: Principal) => Draft | undefined;
};

/** For so long, in milliseconds, a server in this process may keep timers and signals waiting. */
const BREATH_MS = 50;
/** After so many requests in a row without an answer, the server is gone. */
const GIVE_UP = 3;
/** How often a 429 is waited out before it counts as the answer. */
const PATIENCE = 5;

/** A longer wait than this is avoided where there is a way, in seconds. */
const LONG_SECONDS = 2;
/** The part of a run that waits for the limit of one operation may take. */
const WAITING = 0.1;
const waitOf = ({ headers }: Exchange) => Number(headers.get("retry-after"));

function readJson(text: string, type: string | null): unknown {
  if (text === "" || type === null || !/[/+]json\b/.test(type)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sends requests one after the other, obeys `Retry-After`, and hands every exchange to the judges. */
export class Session {
  readonly #options: SessionOptions;
  /** Requests sent so far. */
  count = 0;
  /** Requests in a row that had no answer. */
  #broken = 0;
  #breathed = 0;
  /** How long each operation has been waited for, in milliseconds of real time: a clock that tests turn costs none. */
  readonly #waited = new Map<string, number>();
  readonly #mostWaitMs: number;
  /** A safe request that each credential was accepted with: what tells whether it still is. */
  readonly #proofs = new Map<Principal, Draft>();
  /** Whose credential was good at least once. */
  readonly #accepted = new Set<Principal>();
  readonly #met = new Set<Principal>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#mostWaitMs = (options.deadlineMs - Date.now()) * WAITING;
  }

  /** Throws Stopped when the run is over: what works long between requests asks this too. */
  stopWhenOver(): void {
    if (this.#options.signal?.aborted) throw new Stopped("it was stopped");
    if (Date.now() >= this.#options.deadlineMs) throw new Stopped("the time of this run is over");
  }

  /** Sends a draft as a principal, or as nobody. Throws Stopped when the run's time is over, LimitUsedUp past all patience. */
  async send(op: DocumentedOperation | undefined, draft: Draft, who: Principal | undefined): Promise<Exchange> {
    for (let tries = 1; ; tries++) {
      this.stopWhenOver();
      const exchange = await this.#once(op, draft, who);
      const used = exchange.status === 429 && who !== undefined && waitOf(exchange) > LONG_SECONDS;
      if (used && this.#options.restore && tries < PATIENCE) {
        await this.#options.restore("limit");
        continue;
      }
      if (used && this.#options.renewable) throw new CredentialEnded(who, "its rate limit is used up");
      if (exchange.status === 429 && tries < PATIENCE && (await this.#wait(exchange))) continue;
      if (who && tries < PATIENCE && (await this.#restored(exchange, draft, who))) continue;
      this.#options.onExchange(exchange);
      return exchange;
    }
  }

  /** Finds out once whether a credential is good to begin with: one that is refused later has ended. */
  async meet(who: Principal): Promise<void> {
    if (this.#met.has(who)) return;
    this.#met.add(who);
    const probe = this.#options.probe(who);
    if (!probe || (await this.#once(undefined, probe, who)).status >= 400) return;
    this.#accepted.add(who);
    this.#proofs.set(who, probe);
  }

  /** Whether a credential that was accepted before was refused now, and is good again. Throws where it stays refused. */
  async #restored({ op, status }: Exchange, draft: Draft, who: Principal): Promise<boolean> {
    if (!op || authOf(op) === "public") return false;
    if (status < 400) this.#accepted.add(who);
    if (status < 400 && draft.method === "GET") this.#proofs.set(who, draft);
    if ((status !== 401 && status !== 403) || !this.#accepted.has(who)) return false;
    const proof = this.#proofs.get(who) ?? this.#options.probe(who);
    if (!proof) return false;
    // It may have another reason, such as a wrong password in the body, or a scope that the operation wants.
    const isRefused = async () => (await this.#once(op, proof, who)).status === status;
    if (!(await isRefused())) return false;
    await this.#options.restore?.("rights");
    if (!this.#options.restore || (await isRefused())) throw new CredentialEnded(who);
    return true;
  }

  /**
   * The same without waiting: for checks of the limits themselves. `mayCut`: the server may close the connection instead of
   * reading a body that it does not want (RFC 9110 §15.5.14), which is then a status of 0 that no judge is shown.
   */
  async sendOnce(
    op: DocumentedOperation | undefined,
    draft: Draft,
    who: Principal | undefined,
    mayCut = false,
  ): Promise<Exchange> {
    this.stopWhenOver();
    const exchange = await this.#once(op, draft, who);
    if (!mayCut || exchange.status !== 0) this.#options.onExchange(exchange);
    else this.#broken--;
    return exchange;
  }

  async #once(op: DocumentedOperation | undefined, draft: Draft, who: Principal | undefined): Promise<Exchange> {
    await this.#breathe();
    const sent = as(who, draft);
    const { now } = this.#options.clock;
    const sentMs = now();
    this.count++;
    const { status, headers, text } = await this.#answer(sent);
    const json = readJson(text, headers.get("content-type"));
    return { op, draft: sent, who, status, headers, text, json, sentMs, answeredMs: now() };
  }

  /** A connection that breaks is an answer too, of status 0: the judges call it a failure. */
  async #answer(sent: Draft): Promise<{ status: number; headers: Headers; text: string }> {
    try {
      const answer = await this.#inTime(this.#read(sent));
      this.#broken = 0;
      return answer;
    } catch (error) {
      // A request that was cut off because the run is over says nothing of the server.
      this.stopWhenOver();
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      const why = cause instanceof Error ? cause.message : String(cause);
      if (++this.#broken >= GIVE_UP) throw new Stopped(`the server does not answer any more: ${why}`);
      return { status: 0, headers: new Headers(), text: `no answer: ${why}` };
    }
  }

  async #read(sent: Draft): Promise<{ status: number; headers: Headers; text: string }> {
    const response = await finite(await this.#options.send(toRequest(this.#options.base, sent)), sent.goesOn);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** What comes in time. Rejects when it does not: a server in this process has no connection that could break. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    // No answer is waited for longer than the run may last.
    const patienceMs = Math.max(0, Math.min(this.#options.patienceMs, this.#options.deadlineMs - Date.now()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`none in ${patienceMs / 1000} s`)), patienceMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A server in this process may answer without ever leaving the queue of promises: no timer fires, no Ctrl-C arrives. */
  async #breathe(): Promise<void> {
    const now = Date.now();
    if (now - this.#breathed < BREATH_MS) return;
    this.#breathed = now;
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #wait(exchange: Exchange): Promise<boolean> {
    const seconds = waitOf(exchange);
    if (!Number.isFinite(seconds) || seconds <= 0) return false;
    const startedMs = Date.now();
    const name = exchange.op?.id ?? "paths that are no operation's";
    if (startedMs + seconds * 1000 >= this.#options.deadlineMs) {
      // How it is told is judged all the same.
      this.#options.onExchange(exchange);
      throw new LimitUsedUp(`the limit of ${name} is used up for ${seconds} s, which is longer than this run`);
    }
    const waited = this.#waited.get(name) ?? 0;
    if (waited >= this.#mostWaitMs) throw new LimitUsedUp(`the limit of ${name} lets too little through in this time`);
    await this.#options.clock.sleep(seconds * 1000);
    this.#waited.set(name, waited + Date.now() - startedMs);
    return true;
  }
}
