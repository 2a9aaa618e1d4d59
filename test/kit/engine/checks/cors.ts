import type { DocumentedOperation } from "../../document.ts";
import { responseOf } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import { withHeaders } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";

/** Nobody's. */
const STRANGE = "https://evil.example";
/** What a page may send, and read, without being told (Fetch §2.2.1 and §2.2.2). */
const SIMPLE_METHODS = ["GET", "HEAD", "POST"];
const READABLE = [
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
  "pragma",
];

const listed = ({ headers }: Exchange, name: string): readonly string[] =>
  (headers.get(name) ?? "").split(",").map((one) => one.trim().toLowerCase());

/** What of `wanted` a list of names leaves out; `*` stands for all but a credential. */
const missing = (list: readonly string[], wanted: readonly string[]): string[] =>
  wanted.filter((one) => !list.includes(one) && (one === "authorization" || !list.includes("*")));

const letIn = ({ headers }: Exchange, origin: string): boolean =>
  ["*", origin].includes(headers.get("access-control-allow-origin") ?? "");

/** What keeps a page of an origin that is let in from sending a request of an operation; undefined where nothing does. */
function refusal(op: DocumentedOperation, answer: Exchange, origin: string) {
  if (answer.status >= 300) return { expected: "2xx for a preflight", seen: String(answer.status) };
  if (!letIn(answer, origin)) return { expected: `${origin} to be let in`, seen: "it is not" };
  const methods = listed(answer, "access-control-allow-methods");
  const method = op.method.toLowerCase();
  if (!SIMPLE_METHODS.includes(op.method) && missing(methods, [method]).length > 0)
    return { expected: `${op.method} to be allowed`, seen: methods.join(", ") };
  const headers = listed(answer, "access-control-allow-headers");
  const own = op.parameters.filter((one) => one.in === "header").map(({ name }) => name.toLowerCase());
  const authorization = op.security.length > 0 ? ["authorization"] : [];
  const left = missing(headers, [...own, ...authorization, ...(op.body ? ["content-type"] : [])]);
  return left.length > 0 ? { expected: `${left.join(", ")} to be allowed`, seen: headers.join(", ") } : undefined;
}

/** What keeps such a page from reading an answer, or what it may read that it should not. */
function unreadable(op: DocumentedOperation, answer: Exchange, origin: string) {
  if (!letIn(answer, origin)) return { expected: `${origin} to read a ${answer.status}`, seen: "it may not" };
  const declared = Object.keys(responseOf(op, answer.status)?.headers ?? {}).map((name) => name.toLowerCase());
  const sent = declared.filter((name) => answer.headers.has(name) && !READABLE.includes(name));
  const left = missing(listed(answer, "access-control-expose-headers"), sent);
  if (left.length > 0) return { expected: `${left.join(", ")} to be exposed`, seen: "not named" };
  if (answer.headers.get("access-control-allow-origin") === "*" || listed(answer, "vary").includes("origin"))
    return undefined;
  return {
    expected: "Vary: Origin, as another origin gets another answer",
    seen: answer.headers.get("vary") ?? "none",
  };
}

async function preflight(run: Run, op: DocumentedOperation, { body: _, ...bare }: Draft, origin: string) {
  const headers = { origin, "access-control-request-method": op.method };
  return run.send(op, { ...bare, method: "OPTIONS", query: [], headers }, undefined);
}

export const corsOrigin: Check = {
  name: "cors_origin",
  about:
    "Pages of an origin that is let in may send every request and read every answer; those of another read none (Fetch §3.2)",
  applies: (_op, run) => run.options.origin !== undefined,
  async run(op, run) {
    const { origin = "" } = run.options;
    const { draft } = await run.world.draft(op);
    const asked = await preflight(run, op, draft, origin);
    const problem = refusal(op, asked, origin);
    if (problem) run.report(this.name, op, problem, [asked]);
    if (op.method !== "GET") return;
    const owner = run.cast.owner(op);
    const given = await run.send(op, withHeaders(draft, { origin }), owner);
    const refused = await run.send(op, withHeaders(draft, { origin }), undefined);
    for (const answer of [given, refused]) {
      const found = unreadable(op, answer, origin);
      if (found) run.report(this.name, op, found, [answer]);
    }
    const strange = await run.send(op, withHeaders(draft, { origin: STRANGE }), owner);
    if (!letIn(strange, STRANGE) || letIn(given, STRANGE)) return;
    run.report(this.name, op, { expected: `${STRANGE} to read nothing`, seen: "it may" }, [strange]);
  },
};
