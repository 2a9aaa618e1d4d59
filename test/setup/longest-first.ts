import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take half a minute or more. A fresh clone has no record of how long its tests took, and the largest files,
 * with which vitest begins there, are not the longest: what is begun last, everything else waits for.
 */
const LONG = [
  "contract/engine",
  "contract/made-up",
  "contract/reelmark",
  "contract/mutants",
  "docs/guides",
  "docs/samples",
  "server/start",
  "server/crash",
  "surfaces/surfaces",
  "sandbox/sandbox",
  "server/shutdown",
  "server/surface",
  "contract/mock",
  "db/embedded",
  "faults/edits",
  "client/package",
  "examples/examples",
  "contract/over-http",
  "server/readiness",
  "console/places",
  "jobs/kill",
].map((name) => `test/${name}.test.ts`);

/** Begins with the files that take long, and leaves the rest in the order of vitest. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.indexOf(relative(process.cwd(), moduleId).replaceAll("\\", "/"));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
