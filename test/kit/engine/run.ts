import { Api, authOf } from "../api.ts";
import { closed } from "../conformance.ts";
import type { DocumentedOperation, JsonSchema, OpenApiDocument } from "../document.ts";
import type { Draft } from "../draft.ts";
import { toCurl } from "../generate/curl.ts";
import type { KnownInput } from "../target.ts";
import { schemaValidator, type Validator } from "../validator.ts";
import { Cast } from "./cast.ts";
import { CHECKS } from "./checks/all.ts";
import { JUDGES } from "./judges/all.ts";
import { type Kind, kindsOf } from "./kinds.ts";
import { CredentialEnded, Session, Stopped } from "./session.ts";
import { Tally } from "./tally.ts";
import type { Check, Clock, Complaint, Exchange, Finding, Judge, NotRun, Principal, Send } from "./types.ts";
import { Unmade, World, type WorldOptions } from "./world.ts";

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
  readonly restore?: () => Promise<void>;
  /** A resource of a kind that no operation creates. */
  readonly maker?: WorldOptions["maker"];
  readonly onFinding?: (finding: Finding) => void;
  readonly onProgress?: (done: number, all: number, what: string) => void;
};

/** What a run has seen. */
export type Outcome = {
  readonly findings: readonly Finding[];
  readonly notRun: readonly NotRun[];
  readonly tally: Tally;
  readonly requests: number;
  readonly seconds: number;
  readonly stopped: string | undefined;
  readonly kinds: readonly Kind[];
};

const REAL_TIME: Clock = { now: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };

/** One run of the checks over a document and a server: what checks report to, and what they know of the API. */
export class Run {
  readonly api: Api;
  readonly kinds: readonly Kind[];
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

  constructor(options: RunOptions) {
    this.options = options;
    this.api = new Api(options.document);
    this.kinds = kindsOf(this.api);
    this.cast = new Cast(options.principals);
    this.tally = new Tally();
    this.clock = options.clock ?? REAL_TIME;
    this.#validator = schemaValidator(options.document);
    this.#closed = schemaValidator(options.document, closed);
    this.envelope = envelopeOf(this.api);
    this.#judges = JUDGES.filter(({ name }) => this.enabled(name));
    this.session = new Session({
      send: options.send,
      base: options.baseUrl,
      ...(options.signal ? { signal: options.signal } : {}),
      clock: this.clock,
      deadlineMs: Date.now() + options.maxSeconds * 1000,
      onExchange: (exchange) => this.#judge(exchange),
      renewable: options.renew !== undefined,
      ...(options.restore ? { restore: options.restore } : {}),
    });
    const { input, maker } = options;
    this.world = new World({
      ...this,
      ...(input ? { input: outdated(input) } : {}),
      ...(maker ? { maker: outdated(maker) } : {}),
    });
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

const namesOf = (check: Check) => [check.name, ...(check.also ?? [])];

/** Runs every check on every operation. What the server does wrong is in the findings; only a run's own faults are thrown. */
export async function runContract(options: RunOptions): Promise<Outcome> {
  const started = Date.now();
  const run = new Run(options);
  const operations = run.api.operations.filter((op) => options.only?.(op) ?? true);
  const checks = CHECKS.filter((check) => namesOf(check).some((name) => run.enabled(name)));
  let done = 0;
  let stopped: string | undefined;
  try {
    for (const check of checks) {
      for (const op of operations) {
        options.onProgress?.(done++, checks.length * operations.length, `${check.name} ${op.id}`);
        await attempt(run, check, op);
      }
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    stopped = error.message;
  }
  return {
    findings: run.findings,
    notRun: run.notRun,
    tally: run.tally,
    requests: run.session.count,
    seconds: (Date.now() - started) / 1000,
    stopped,
    kinds: run.kinds,
  };
}

/** Runs one check on one operation; what is missing for it is noted, not thrown. */
export async function attempt(run: Run, check: Check, op: DocumentedOperation): Promise<void> {
  const skip = (why: string) => void run.notRun.push({ check: check.name, operation: op.id, why });
  run.current = op;
  for (let tries = 1; ; tries++) {
    const auth = authOf(op);
    if (auth !== "public" && !run.cast.owner(op)) return skip(`no principal may call it (${auth})`);
    const applies = check.applies(op, run);
    if (typeof applies === "string") return skip(applies);
    if (!applies) return;
    try {
      await check.run(op, run);
      run.tally.ran(check.name, op.id);
      return;
    } catch (error) {
      // A tenant may be full of what earlier checks have made, or have less than it had.
      const full = error instanceof Unmade && (error.exchange?.status ?? 500) < 500 && run.options.renew && tries === 1;
      if (error instanceof Unmade && !full) return unmade(run, error, skip);
      if (!full && !(error instanceof CredentialEnded)) throw error;
      await run.replace(error instanceof CredentialEnded ? error.who : undefined);
      // Once more with a new one; when that ends too, it is this operation that ends it.
      if (tries === 2) return skip(`it ends what it is called with: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function unmade(run: Run, error: Unmade, skip: (why: string) => void): void {
  const { exchange } = error;
  if (exchange) {
    const seen = `${exchange.status} ${exchange.text.slice(0, 200)}`;
    run.report("rejects_valid", exchange.op, { expected: "the document's own example is taken", seen }, [exchange]);
  }
  skip(error.message);
}
