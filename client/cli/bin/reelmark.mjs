#!/usr/bin/env node
// What is installed has one bundled file; in the repository the sources run as they are, on a Node that strips types.
import { existsSync } from "node:fs";

const bundled = new URL("../dist/reelmark.mjs", import.meta.url);
const isBundled = existsSync(bundled);
if (isBundled || process.features.typescript)
  await import(isBundled ? bundled : new URL("../reelmark.ts", import.meta.url));
else {
  process.stderr.write("error: these are the sources. Run them on Node 24, or bundle them: npm run prepack -w reelmark\n");
  process.exitCode = 1;
}
