#!/usr/bin/env node
// What is installed has one bundled file; in the repository the sources run as they are, on a Node that strips types.
import { existsSync } from "node:fs";

const [bundled, sources] = ["../dist/reelmark.mjs", "../reelmark.ts"].map((file) => new URL(file, import.meta.url));
if (process.features.typescript && existsSync(sources)) await import(sources);
else if (existsSync(bundled)) await import(bundled);
else {
  process.stderr.write(
    "error: these are the sources. Run them on Node 24, or bundle them: npm run prepack -w reelmark\n",
  );
  process.exitCode = 1;
}
