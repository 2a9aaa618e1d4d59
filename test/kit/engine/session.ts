import type { DocumentedOperation } from "../document.ts";
import { type Draft, toRequest } from "../draft.ts";
import { as } from "./cast.ts";
import type { Exchange, Principal, Send } from "./types.ts";

/** The run cannot go on: its time is over, it was stopped, or the server is gone. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

export type SessionOptions = {
  readonly send: Send;
  /** Origin and base path of the operations. */
  readonly base: string;
  readonly signal?: AbortSignal;
  /** Unix milliseconds after which nothing more is sent. */
  readonly deadlineMs: number;
  readonly onExchange: (exchange: Exchange) => void;
};

/** After so many requests in a row without an answer, the server is gone. */
const GIVE_UP = 3;
/** How often a 429 is waited out before it counts as the answer. */
const PATIENCE = 5;

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

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get over(): boolean {
    return this.#options.signal?.aborted === true || Date.now() >= this.#options.deadlineMs;
  }

  /** Sends a draft as a principal, or as nobody. Throws Stopped when the run's time is over. */
  async send(op: DocumentedOperation | undefined, draft: Draft, who: Principal | undefined): Promise<Exchange> {
    for (let tries = 1; ; tries++) {
      if (this.over) throw new Stopped("the time of this run is over");
      const exchange = await this.#once(op, draft, who);
      if (exchange.status !== 429 || tries === PATIENCE || !(await this.#wait(exchange))) {
        this.#options.onExchange(exchange);
        return exchange;
      }
    }
  }

  /** The same without waiting: for checks of the limits themselves. */
  async sendOnce(op: DocumentedOperation | undefined, draft: Draft, who: Principal | undefined): Promise<Exchange> {
    if (this.over) throw new Stopped("the time of this run is over");
    const exchange = await this.#once(op, draft, who);
    this.#options.onExchange(exchange);
    return exchange;
  }

  async #once(op: DocumentedOperation | undefined, draft: Draft, who: Principal | undefined): Promise<Exchange> {
    const sent = as(who, draft);
    const sentMs = Date.now();
    this.count++;
    const { status, headers, text } = await this.#answer(sent);
    const json = readJson(text, headers.get("content-type"));
    return { op, draft: sent, who, status, headers, text, json, sentMs, answeredMs: Date.now() };
  }

  /** A connection that breaks is an answer too, of status 0: the judges call it a failure. */
  async #answer(sent: Draft): Promise<{ status: number; headers: Headers; text: string }> {
    try {
      const response = await this.#options.send(toRequest(this.#options.base, sent));
      const text = await response.text();
      this.#broken = 0;
      return { status: response.status, headers: response.headers, text };
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      const why = cause instanceof Error ? cause.message : String(cause);
      if (++this.#broken >= GIVE_UP) throw new Stopped(`the server does not answer any more: ${why}`);
      return { status: 0, headers: new Headers(), text: `no answer: ${why}` };
    }
  }

  async #wait({ headers }: Exchange): Promise<boolean> {
    const seconds = Number(headers.get("retry-after"));
    if (!Number.isFinite(seconds) || seconds <= 0) return false;
    if (Date.now() + seconds * 1000 >= this.#options.deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return true;
  }
}
