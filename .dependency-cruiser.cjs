/**
 * Who may import whom. Each rule is proved by a planted violation in test/tooling/dependency-rules.test.ts.
 * Paths are matched after resolution, so an npm package reads `node_modules/<name>/…`.
 */

/** What the whole server shares. Every other folder of `server/` is a resource, closed but for its `service.ts`. */
const SHARED = "kit|db|jobs";

/** Our own folders, to tell a local module from a package. */
const OURS = "^(spec|server|client|scripts|test)/";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "spec-is-pure",
      comment:
        "The contract is read by the server, the client generator, the docs and the mock: it does no I/O and knows " +
        "none of them. It imports @hono/zod-openapi and itself.",
      severity: "error",
      from: { path: "^spec/" },
      to: { pathNot: ["^spec/", "^node_modules/@hono/zod-openapi/"] },
    },
    {
      name: "kit-knows-no-domain",
      comment:
        "A kit is what another team takes away with its own spec and handlers, so it never imports the domain " +
        "beside it. The vocabulary of spec/kit is common to all kits.",
      severity: "error",
      from: { path: "^(spec|server|test)/kit/" },
      to: { path: OURS, pathNot: ["^$1/kit/", "^spec/kit/"] },
    },
    {
      name: "resource-stays-home",
      comment:
        "A resource imports the contract, server/kit, server/db, server/jobs, its context, the list of services, and itself. " +
        "What it wants of another resource is a service function, exported by server/<that resource>/service.ts, never " +
        "its tables or handlers.",
      severity: "error",
      // The console has a rule of its own.
      from: { path: `^server/(?!(?:${SHARED}|console)/)([^/]+)/` },
      to: {
        path: OURS,
        pathNot: [
          "^spec/",
          `^server/(${SHARED})/`,
          "^server/context\\.ts$",
          "^server/services\\.ts$",
          "^server/$1/",
          "^server/[^/]+/service\\.ts$",
        ],
      },
    },
    {
      name: "console-is-a-client",
      comment:
        "The console shows what the public API answers through the client that everybody installs: no tables, no SQL and " +
        "no service of a resource, but for how pages look and who is logged in.",
      severity: "error",
      from: { path: "^server/console/" },
      to: {
        path: OURS,
        pathNot: [
          "^spec/",
          "^server/console/",
          "^server/kit/(?!postgres/)",
          "^server/web/service\\.ts$",
          "^client/index\\.ts$",
        ],
      },
    },
    {
      name: "no-circle-of-resources",
      comment:
        "Two resources that need each other are one resource, or miss a third that both can use. Folders are " +
        "compared, so the circle is seen even where no single file closes it.",
      severity: "error",
      scope: "folder",
      from: { path: "^server/[^/]+$" },
      to: { circular: true, path: "^server/[^/]+$" },
    },
    {
      name: "hono-at-the-edge-only",
      comment:
        "A handler never sees a Hono context: it takes typed input and replies. Only the kit and the wiring know " +
        "which HTTP framework answers, so that policy cannot be bypassed.",
      severity: "error",
      from: { pathNot: ["^server/kit/", "^server/app\\.ts$", "^server/main\\.ts$"] },
      to: { path: "^node_modules/(hono|@hono/node-server)/" },
    },
    {
      name: "zod-openapi-in-spec-only",
      comment:
        "Schemas are written in the contract and nowhere else. A schema made in a handler would be a second truth " +
        "that no document, client or test knows of.",
      severity: "error",
      from: { pathNot: "^spec/" },
      to: { path: "^node_modules/@hono/zod-openapi/" },
    },
    {
      name: "client-stands-alone",
      comment: "The client is installed by people who have neither the contract's sources, nor Zod, nor the server.",
      severity: "error",
      from: { path: "^client/" },
      to: { path: ["^(spec|server|scripts|test)/", "^node_modules/(zod|hono|@hono/[^/]+|drizzle-orm|pg)/"] },
    },
    {
      name: "client-runtime-is-thin",
      comment:
        "What applications bundle is generated types over openapi-fetch and runs wherever fetch does: no node:*, no " +
        "other package. The CLI and the MCP entry run on Node and may use it.",
      severity: "error",
      from: { path: "^client/", pathNot: "^client/(cli|mcp)(/|\\.ts$)" },
      to: { pathNot: ["^client/", "^node_modules/openapi-fetch/"] },
    },
    {
      name: "nothing-imports-tests",
      comment: "Test code is never on the path of what runs in production, nor of a script.",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "^test/" },
    },
    {
      name: "nothing-imports-scripts",
      comment:
        "A script is a program, not a library: what two of them need lives where it belongs, tests run them. " +
        "The operator's command has too many ways to be wrong for a process each: its main is called.",
      severity: "error",
      from: { pathNot: "^scripts/" },
      to: { path: "^scripts/", pathNot: "^scripts/admin/main\\.ts$" },
    },
    {
      name: "no-cycles",
      comment: "Files that import each other can only be read, tested and moved together. Types count too.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-barrels",
      comment:
        "A file that only passes on what others export hides where a thing lives, loads what nobody asked for and " +
        "makes cycles. The two public faces, spec/index.ts and client/index.ts, are the exception.",
      severity: "error",
      from: { pathNot: "^(spec|client)/index\\.ts$" },
      to: { dependencyTypes: ["export"], path: OURS },
    },
    {
      name: "no-index-files",
      comment: "An index.ts invites a barrel, and `kit/index.ts` says nothing of what is in it. Name the file.",
      severity: "error",
      from: {},
      to: { path: "(^|/)index\\.ts$", pathNot: ["^(spec|client)/index\\.ts$", "node_modules"] },
    },
    {
      name: "resolvable",
      comment: "An import that resolves to nothing fails at start, not at check: type stripping does not look.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // The examples import the client as it is installed, which is not built here.
    exclude: { path: "(^|/)(dist|data)/|^client/examples/" },
    // Type imports are dependencies like any other: a type of the server's in the contract is still knowledge of it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "require", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json", ".d.ts"],
    },
  },
};
