import type { KnipConfig } from "knip";

/** What starts a program or is read from outside; everything else must be reachable from here. */
const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: [
        "server/main.ts",
        "scripts/*.ts",
        "spec/index.ts",
        "spec/document.ts",
        "test/**/*.test.ts",
        // Checked by tsc, never run.
        "test/**/*.test-d.ts",
        // Started by path, in a copy of the tree.
        "test/contract/planted.ts",
      ],
      project: ["{spec,server,scripts,test}/**/*.ts", "*.ts"],
    },
    client: {
      entry: ["index.ts"],
      project: ["**/*.ts"],
      // Regenerated whole: what it exports is decided by openapi-typescript.
      ignore: ["generated/**"],
    },
    "client/cli": {
      entry: ["reelmark.ts"],
      project: ["**/*.{ts,mjs}"],
    },
  },
  // A type of an exported function's signature is exported for its reader, even where no file names it yet.
  ignoreExportsUsedInFile: { interface: true, type: true },
  ignoreDependencies: [
    // Run by path in scripts/check.ts, so that no shell and no npx stands between.
    "@redocly/cli",
    // Extended by name in .spectral.yaml.
    "@stoplight/spectral-owasp-ruleset",
  ],
};

export default config;
