import { randomUUID } from "node:crypto";
import type { Principal as ServerPrincipal } from "../../server/kit/backend.ts";
import { Limiter, memoryLimiter } from "../../server/kit/limits.ts";
import { isUnavailable } from "../../server/kit/postgres/pool.ts";
import { notesApp } from "../fixtures/notes/server/app.ts";
import { Directory, downloadText, type NotesPrincipal, sign } from "../fixtures/notes/server/credentials.ts";
import { allHandlers } from "../fixtures/notes/server/handlers.ts";
import { Memory, memoryBackend } from "../fixtures/notes/server/memory.ts";
import { notesDocument } from "../fixtures/notes/spec/contract.ts";
import { conformingFetch } from "../kit/conformance.ts";
import type { Coverage } from "../kit/coverage.ts";
import { withHeaders } from "../kit/draft.ts";
import type { BadCredential, Need, Principal, SuiteOptions, Target, Tenant } from "../kit/target.ts";
import { breakable } from "./failing-backend.ts";

const SCOPES = ["notes:read", "notes:write", "files:write", "tokens:write"];
const KINDS: Readonly<Record<string, NotesPrincipal["kind"]>> = { session: "session", operator: "operator" };

const bearer =
  (token: string): Principal =>
  (draft) =>
    withHeaders(draft, { authorization: `Bearer ${token}` });

type Server = {
  readonly store: Memory;
  readonly directory: Directory;
  readonly log: object[];
  readonly perMinute: number;
};

function tenantOf({ store, directory, perMinute }: Server): Tenant {
  const organization = `team_${randomUUID().slice(0, 8)}`;
  const scopesOf = new Map<Principal, Set<string>>();
  const minted = new Map<string, Principal>();
  const setCredits = async (credits: number) =>
    void store.committed.set(`${organization}\nbalance\n`, { value: credits, unique: undefined });
  void setCredits(1000);

  return {
    setCredits,
    async principal({ auth, without = [], only = SCOPES }: Need) {
      if (auth === "provider") {
        return (draft) => {
          const bytes = draft.body?.bytes ?? "";
          return bytes instanceof ReadableStream
            ? draft
            : withHeaders(draft, { "x-signature": sign(directory.secret, bytes) });
        };
      }
      if (auth === "signed") {
        return (draft) => {
          const expires = String(Math.floor(Date.now() / 1000) + 60);
          const signature = sign(directory.secret, downloadText(draft.path, organization, expires));
          const signed = Object.entries({ team: organization, expires, signature });
          const others = draft.query.filter(([name]) => !signed.some(([own]) => own === name));
          return { ...draft, query: [...others, ...signed] };
        };
      }
      const scopes = new Set(only.filter((scope) => !without.includes(scope)));
      const name = [auth, ...scopes].join(" ");
      const known = minted.get(name);
      if (known) return known;
      const principal = bearer(directory.mint({ organization, scopes, perMinute, kind: KINDS[auth] ?? "token" }));
      minted.set(name, principal);
      scopesOf.set(principal, scopes);
      return principal;
    },
    strip: async (principal) => scopesOf.get(principal)?.clear(),
    input: async (operation) =>
      operation === "logIn" ? { body: { name: "ada", password: "open sesame" } } : undefined,
  };
}

const BAD_CREDENTIALS: BadCredential<Tenant>[] = [
  {
    label: "a token that nobody made",
    code: "INVALID_API_KEY",
    auth: ["credential", "session"],
    make: async () => bearer("nt_nobody"),
  },
  {
    label: "a token that is not the operator's",
    code: "UNAUTHORIZED",
    auth: ["operator"],
    make: (tenant) => tenant.principal({ auth: "credential" }),
  },
];

type Opening = {
  perMinute?: number;
  store?: ReturnType<typeof breakable>;
  /** The outside help of `polishNote`. */
  polish?: (text: string) => Promise<string>;
};

/** The notes API in this process, on its store in memory. */
export function openNotes(
  coverage: Coverage,
  { perMinute = 1_000_000, store: failing, polish }: Opening = {},
): Target & Server {
  const limited = perMinute < 1_000_000;
  const store = new Memory();
  const directory = new Directory();
  const log: object[] = [];
  const write = (fields: object) => void log.push(fields);
  // In memory, a transaction is a subtype of Rows, and the pipeline only hands back what this very backend gave.
  const memory = memoryBackend(store, directory, Date.now) as unknown as Parameters<typeof notesApp>[1]["backend"];
  // A memory is never out of reach by itself.
  const real = { ...memory, isUnavailable };
  // In the limited server a tenant is an address; elsewhere every request comes from another one.
  let address = 0;
  const services = {
    polish: polish ?? (async (text: string) => `${text}, polished`),
    beforeCommit: async () => {},
    async *watch() {},
  };
  const app = notesApp(allHandlers(services, directory) as never, {
    backend: failing ? failing.backend<unknown, ServerPrincipal>(real) : real,
    limiter: new Limiter(memoryLimiter),
    limits: { public: perMinute, failures: 0, organization: 0 },
    log: { info: write, warn: write, error: write },
    base: "",
    headers: {},
    cors: [],
    responses: "check",
    clock: Date.now,
    addressOf: () => `192.0.2.${limited ? address : ++address}`,
    implied: {},
    observe: () => {},
    onExcess: () => {},
  });
  const server = { store, directory, log, perMinute };
  const fetch = conformingFetch(
    notesDocument(),
    (request) => app.request(request),
    (seen) => coverage.add([seen]),
  );
  return {
    ...server,
    origin: "http://notes.test",
    fetch: async (request) => fetch(request),
    async tenant() {
      address++;
      return tenantOf(server);
    },
    async close() {},
  };
}

/** What the engine is told of the notes API, of which it knows as little as of Reelmark. */
export function notesSuite(coverage: Coverage): SuiteOptions<Tenant> {
  const servers = new WeakMap<Target, Server>();
  const opened = (opening: Opening = {}) => {
    const server = openNotes(coverage, opening);
    servers.set(server, server);
    return server;
  };
  return {
    document: notesDocument(),
    badCredentials: BAD_CREDENTIALS,
    bodyBytes: 1_048_576,
    open: async () => opened(),
    openLimited: async (perMinute) => opened({ perMinute }),
    async openBreakable(secret) {
      const store = breakable(secret);
      return { ...opened({ store }), failing: store.failing };
    },
    async kept(target) {
      const server = servers.get(target);
      return JSON.stringify([[...(server?.store.committed ?? [])], server?.log]);
    },
  };
}
