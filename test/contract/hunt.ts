import type { Mutant } from "../fixtures/notes/mutants/plant.ts";
import { notesTarget } from "../fixtures/notes/target.ts";
import { type Outcome, runContract } from "../kit/engine/contract.ts";
import type { Finding } from "../kit/engine/types.ts";

/** A run that has not found a fault after so long does not find it. */
const MOST_SECONDS = 60;

export type Hunt = {
  readonly name: string;
  readonly about: string;
  /** The first check that reported it; undefined when it survived. */
  readonly by: string | undefined;
  /** False when none of the expected checks reported it, but others did. */
  readonly expected: boolean;
  /** Requests until the finding, or all of them. */
  readonly cases: number;
  readonly seconds: number;
  readonly finding: Finding | undefined;
};

/** Runs the engine on the notes API as it is. */
export const controlRun = (seed: number): Promise<Outcome> =>
  runContract({ ...notesTarget(), seed, maxSeconds: MOST_SECONDS });

/** Runs the engine on the notes API with a fault, until a check that should see it does. */
export async function hunt(mutant: Mutant, seed = 1): Promise<Hunt> {
  const stop = new AbortController();
  const found: Finding[] = [];
  const started = performance.now();
  const { requests } = await runContract({
    ...notesTarget(mutant.plant),
    seed,
    maxSeconds: MOST_SECONDS,
    signal: stop.signal,
    onFinding(finding) {
      found.push(finding);
      if (mutant.expected.includes(finding.check)) stop.abort();
    },
  });
  const wanted = found.find(({ check }) => mutant.expected.includes(check));
  const finding = wanted ?? found[0];
  return {
    name: mutant.name,
    about: mutant.about,
    by: finding?.check,
    expected: wanted !== undefined,
    cases: requests,
    seconds: (performance.now() - started) / 1000,
    finding,
  };
}
