import { Api, authOf } from "../api.ts";
import type { DocumentedOperation, JsonSchema, OpenApiDocument } from "../document.ts";
import type { Draft } from "../draft.ts";
import { toCurl } from "../generate/curl.ts";
import type { KnownInput } from "../target.ts";
import { closedValidator, schemaValidator, type Validator } from "../validator.ts";
import { Cast } from "./cast.ts";
import { type Kind, kindsOf } from "./kinds.ts";
import { CredentialEnded, Session } from "./session.ts";
import { Tally } from "./tally.ts";
import type { Clock, Complaint, Exchange, Finding, Lost, NotRun, Principal, Send } from "./types.ts";
import { readWorkflows, type Workflow } from "./workflows/read.ts";
import { World, type WorldOptions } from "./world.ts";

export type RunOptions = {
  readonly document: OpenApiDocument;
  readonly send: Send;
  /** Where the operations stand, origin and base path: what curl commands name. */
  readonly baseUrl: string;
  readonly principals: readonly Principal[];
  readonly seed: number;
  readonly maxSeconds: number;
  /** Names of checks to run; all unless told. */
  readonly checks?: ReadonlySet<string>;
  /** Whether an operation is looked at. */
  readonly only?: (op: DocumentedOperation) => boolean;
  readonly allowUndeclaredFields?: boolean;
  readonly signal?: AbortSignal;
  /** The real time unless told. */
  readonly clock?: Clock;
  /** After so many milliseconds a request counts as not answered; 30,000 unless told. */
  readonly patienceMs?: number;
  /** How many random requests an operation gets on each side, valid and not, after every boundary; 40 unless told. */
  readonly randomCases?: number;
  readonly input?: (operation: string, who: Principal | undefined) => Promise<KnownInput | undefined>;
  /**
   * New credentials under the same names and tenants, for when an operation has ended one (a log-out, the end of an
   * account). Without it, what needs that principal is not run from then on.
   */
  readonly renew?: () => Promise<readonly Principal[]>;
  /**
   * Gives the tenants of the principals back what operations of the run took from them: a plan, or a limit that is used
   * up. Called when a credential that was accepted before is refused; the request is then sent again.
   */
  readonly restore?: (what: Lost) => Promise<void>;
  /** A resource of a kind that no operation creates. */
  readonly maker?: WorldOptions["maker"];
  /** An origin whose pages the server lets call it: without one it is not looked at what they may do. */
  readonly origin?: string;
  /** An Arazzo document: promises that operations of the document keep together. */
  readonly workflows?: unknown;
  /** Values of a workflow's inputs, by name: new ones each time. Principals of these names stand in for what is not given. */
  readonly inputs?: (names: readonly string[]) => Promise<Readonly<Record<string, unknown>>>;
  readonly onFinding?: (finding: Finding) => void;
  readonly onProgress?: (done: number, all: number, what: string) => void;
};

const REAL_TIME: Clock = { now: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };

/** Longer than what sends over HTTP waits by itself. */
const PATIENCE_MS = 30_000;

/** A check of every exchange, whatever it was sent for. */
export type Judge = {
  readonly name: string;
  readonly about: string;
  judge(exchange: Exchange, run: Run): Complaint | undefined;
};

/** A check that sends requests of its own. */
export type Check = {
  readonly name: string;
  readonly about: string;
  /** Further names under which it reports: each can be switched off by itself. */
  readonly also?: readonly string[];
  /** True when it has something to say of the operation; a text when it would, but something is missing. */
  applies(op: DocumentedOperation, run: Run): boolean | string;
  run(op: DocumentedOperation, run: Run): Promise<void>;
};

/** One run of the checks over a document and a server: what checks report to, and what they know of the API. */
export class Run {
  readonly api: Api;
  readonly kinds: readonly Kind[];
  readonly workflows: readonly Workflow[];
  readonly cast: Cast;
  readonly session: Session;
  readonly world: World;
  readonly options: RunOptions;
  readonly tally: Tally;
  readonly clock: Clock;
  /** The schema that error answers share; undefined where they share none. */
  readonly envelope: JsonSchema | undefined;
  readonly findings: Finding[] = [];
  readonly notRun: NotRun[] = [];
  readonly #said = new Set<string>();
  readonly #validator: Validator;
  readonly #closed: Validator;
  readonly #judges: readonly Judge[];
  /** Whether requests are being made up: then a failure is one of the input's making. */
  generated = false;
  readonly #answers = new Map<string, unknown[]>();
  /** What the run is doing when a judge speaks, so that a finding names an operation. */
  current: DocumentedOperation | undefined;

  /** @param judges What every exchange is shown to. */
  constructor(options: RunOptions, judges: readonly Judge[]) {
    this.options = options;
    this.api = new Api(options.document);
    this.kinds = kindsOf(this.api);
    this.workflows = options.workflows === undefined ? [] : readWorkflows(options.workflows, this.api);
    this.cast = new Cast(options.principals);
    this.tally = new Tally();
    this.clock = options.clock ?? REAL_TIME;
    this.#validator = schemaValidator(options.document);
    this.#closed = closedValidator(options.document);
    this.envelope = envelopeOf(this.api);
    this.#judges = judges.filter(({ name }) => this.enabled(name));
    this.session = new Session({
      send: options.send,
      base: options.baseUrl,
      ...(options.signal ? { signal: options.signal } : {}),
      clock: this.clock,
      patienceMs: options.patienceMs ?? PATIENCE_MS,
      deadlineMs: Date.now() + options.maxSeconds * 1000,
      onExchange: (exchange) => this.#judge(exchange),
      renewable: options.renew !== undefined,
      ...(options.restore ? { restore: options.restore } : {}),
      probe: (who) => this.#probe(who),
    });
    const { input, maker } = options;
    this.world = new World({
      ...this,
      ...(input ? { input: outdated(input) } : {}),
      ...(maker ? { maker: outdated(maker) } : {}),
    });
  }

  /** Whether anything that a check reports is wanted. */
  wants({ name, also = [] }: Check): boolean {
    return [name, ...also].some((one) => this.enabled(one));
  }

  enabled(check: string): boolean {
    if (check === "undeclared_field" && this.options.allowUndeclaredFields) return false;
    return this.options.checks?.has(check) ?? true;
  }

  #judge(exchange: Exchange): void {
    this.tally.exchange(exchange);
    this.#remember(exchange);
    const { op, status } = exchange;
    // What an operation that is told of no effect, such as a purge, does to resources, nobody knows.
    if (op && status < 300 && exchange.draft.method === op.method) this.world.forgetAfter(op, exchange.draft.path);
    for (const judge of this.#judges) {
      const complaint = judge.judge(exchange, this);
      if (!complaint) continue;
      const name = judge.name === "server_error" && this.generated ? "input_crash" : judge.name;
      // Another status is another answer, even where the same was expected.
      this.report(name, exchange.op ?? this.current, complaint, [exchange], status);
    }
  }

  /** A list or the like, which wants nothing but a credential. */
  #probe(who: Principal): Draft | undefined {
    const op = this.api.operations.find(
      (one) =>
        one.method === "GET" &&
        authOf(one) !== "public" &&
        !one.parameters.some(({ in: place, required }) => place === "path" || required) &&
        this.cast.may(who, one),
    );
    return op && this.world.fill(op, {});
  }

  /** Keeps a few answers of each operation: values in them are tried as inputs. */
  #remember({ op, status, json }: Exchange): void {
    if (!op || status >= 300 || json === undefined) return;
    const kept = this.#answers.get(op.id) ?? [];
    if (kept.length < 3) this.#answers.set(op.id, [...kept, json]);
  }

  /** Answers of the operation, and of those of its kind. */
  answers(op: DocumentedOperation): readonly unknown[] {
    const kind = this.world.kindOf(op);
    const near = kind ? [op, ...kind.creates, kind.reads, kind.lists] : [op];
    return near.flatMap((one) => (one && this.#answers.get(one.id)) ?? []);
  }

  /** Reports a disagreement, once for an operation, check and kind of answer. The exchanges are what shows it, in order. */
  report(
    check: string,
    op: DocumentedOperation | undefined,
    what: Complaint,
    exchanges: readonly Exchange[],
    status?: number,
  ): void {
    if (!this.enabled(check)) return;
    const operation = op?.id ?? "(none)";
    const key = `${check}\n${operation}\n${status}\n${what.expected.replaceAll(/[0-9a-z]{12,}|\d+/gi, "#")}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    const curl = exchanges.map(({ draft }) => toCurl(this.options.baseUrl, draft)).join("\n");
    const finding = { check, operation, ...what, curl, seed: this.options.seed };
    this.findings.push(finding);
    this.options.onFinding?.(finding);
  }

  /** Does without a principal whose credential has ended, or gets new ones for all. */
  async replace(who: Principal | undefined): Promise<void> {
    this.world.forget();
    if (this.options.renew) this.cast.all = await this.options.renew();
    else if (who) this.cast.remove(who);
  }

  /** Sends as a principal, or as nobody. */
  send(op: DocumentedOperation | undefined, draft: Draft, who: Principal | undefined): Promise<Exchange> {
    return this.session.send(op, draft, who);
  }

  /** How a value breaks a schema, in words; empty when it fits. */
  schemaProblems(schema: JsonSchema, value: unknown): string[] {
    const validate = this.#validator(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).slice(0, 3).map((error) => `${error.instancePath || "the body"} ${error.message}`);
  }

  /** Fields of a value that its schema does not name. */
  excessFields(schema: JsonSchema, value: unknown): string[] {
    const validate = this.#closed(schema);
    if (validate(value)) return [];
    return (validate.errors ?? [])
      .filter(({ keyword }) => keyword === "unevaluatedProperties" || keyword === "additionalProperties")
      .map(({ instancePath, params }) => {
        const { unevaluatedProperty, additionalProperty } = params as Record<string, string | undefined>;
        return `${instancePath}/${unevaluatedProperty ?? additionalProperty}`;
      });
  }
}

/** What the caller of the run knows may no longer hold, once an operation has changed it: then all is made anew. */
function outdated<A extends unknown[], R>(hook: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await hook(...args);
    } catch (error) {
      throw new CredentialEnded(undefined, error instanceof Error ? error.message : String(error));
    }
  };
}

/** The schema that most errors of the document have. */
function envelopeOf(api: Api): JsonSchema | undefined {
  const counts = new Map<string, { schema: JsonSchema; count: number }>();
  for (const op of api.operations) {
    for (const [status, response] of op.responses) {
      const schema = status >= 400 ? Object.values(response.content ?? {})[0]?.schema : undefined;
      if (!schema) continue;
      const key = JSON.stringify(schema);
      counts.set(key, { schema, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.schema;
}
