#!/usr/bin/env node
// What is installed has one bundled file; in the repository the sources run as they are.
import { existsSync } from "node:fs";

const bundled = new URL("../dist/reelmark.mjs", import.meta.url);
await import(existsSync(bundled) ? bundled : new URL("../reelmark.ts", import.meta.url));
