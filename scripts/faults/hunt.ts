import type { SourceEdit } from "./edits/edit.ts";
import { type EngineRun, type Finding, type Job, runEngine } from "./engine.ts";
import type { SharedPostgres } from "./postgres.ts";
import { inCopy } from "./tree.ts";

/** Seconds for a run over some operations, and for one over all. */
const MOST_SECONDS = { some: 180, all: 600 };
const SEED = 1;

export type Hunt = Pick<SourceEdit, "name" | "about" | "file"> & {
  /** The first finding that is not there without the fault; undefined when it survived. */
  readonly finding: Finding | undefined;
  /** Operations that were looked at, by id or tag; empty for all. */
  readonly only: readonly string[];
  /** Until it was found, or of the whole run. */
  readonly requests: number;
  readonly seconds: number;
  /** Why a run ended before it was through, so that surviving proves little. */
  readonly stopped?: string;
  readonly broken?: string;
};

export type Control = EngineRun & { readonly only: readonly string[]; readonly seed: number };

/** The same disagreement, whatever the identifiers and numbers of the run, as the engine itself tells them apart. */
const disagreement = ({ check, operation, expected }: Finding) =>
  `${check} ${operation} ${expected.replaceAll(/[0-9a-z]{12,}|\d+/gi, "#")}`;

/** Plants source edits in copies of a tree that does not change meanwhile, and runs the engine on each. */
export class Hunter {
  readonly #tree: string;
  readonly #postgres: SharedPostgres;
  readonly #seeds: number;
  readonly #signal: AbortSignal;
  readonly #onControl: (control: Control) => void;
  readonly #known = new Map<string, Promise<ReadonlySet<string>>>();

  /** `seeds`: runs without a fault for each choice of operations, each of another seed; `onControl` is told of each. */
  constructor(
    tree: string,
    postgres: SharedPostgres,
    options: { seeds: number; signal: AbortSignal; onControl: (control: Control) => void },
  ) {
    this.#tree = tree;
    this.#postgres = postgres;
    this.#seeds = options.seeds;
    this.#signal = options.signal;
    this.#onControl = options.onControl;
  }

  /** Runs the engine on these operations, or all, with the edit made. Undefined when interrupted. */
  async hunt(edit: SourceEdit, only: readonly string[]): Promise<Hunt | undefined> {
    const known = await this.#knownFindings(only);
    if (this.#signal.aborted) return undefined;
    const isNew = (finding: Finding) => !known.has(disagreement(finding));
    const { findings, ...run } = await this.#run([edit], only, SEED, isNew);
    if (this.#signal.aborted) return undefined;
    const finding = findings.find(isNew);
    const { name, about, file } = edit;
    if (!finding) return { name, about, file, finding, only, ...run };
    return { name, about, file, finding, only, requests: run.requests, seconds: finding.seconds };
  }

  /** What the engine finds without a fault; run once for a choice of operations. */
  #knownFindings(only: readonly string[]): Promise<ReadonlySet<string>> {
    const key = only.join("\n");
    const known = this.#known.get(key) ?? this.#control(only);
    this.#known.set(key, known);
    return known;
  }

  async #control(only: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set<string>();
    for (let seed = SEED; seed < SEED + this.#seeds && !this.#signal.aborted; seed++) {
      const run = await this.#run([], only, seed, () => false);
      if (this.#signal.aborted) break;
      // Without a control, a copy that does not work at all would pass for a caught fault.
      if (run.broken !== undefined) throw new Error(`The engine does not run without a fault: ${run.broken}`);
      this.#onControl({ ...run, only, seed });
      for (const finding of run.findings) known.add(disagreement(finding));
    }
    return known;
  }

  #run(
    edits: readonly SourceEdit[],
    only: readonly string[],
    seed: number,
    enough: (finding: Finding) => boolean,
  ): Promise<EngineRun> {
    const { server, template } = this.#postgres;
    const migrates = edits.some(({ file }) => file.startsWith("server/db/migrations/"));
    const job: Job = {
      server,
      ...(migrates ? {} : { template }),
      only,
      seed,
      maxSeconds: only.length > 0 ? MOST_SECONDS.some : MOST_SECONDS.all,
    };
    return inCopy(this.#tree, edits, (copy) => runEngine(copy, job, this.#signal, enough));
  }
}
