import fs from "node:fs";
import { z } from "zod";
import { ApiError } from "../../client/index.ts";
import { after, at, ClockError, getAhead } from "./clock.ts";
import { corsHeaders, PREFLIGHT, refusal } from "./guard.ts";
import { follow } from "./mail.ts";
import { sandboxPage } from "./page.ts";
import { payPage } from "./pay-page.ts";
import { PAGE_ACTIONS } from "./payments.ts";
import type { Sandbox } from "./sandbox.ts";
import { clockOf, stateOf, versionOf } from "./state.ts";

const MOST_BYTES = 10_000;
const asset = (name: string) => fs.readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");

/** A request that cannot be done; `message` says what to send instead. */
class ControlError extends Error {
  override readonly name = "ControlError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const MoveInput = z.union([z.strictObject({ advance: z.string() }), z.strictObject({ now: z.string() })]);
const SettleInput = z.strictObject({ timeout_ms: z.int().min(0).max(60_000).default(10_000) });
const PayInput = z.strictObject({ action: z.enum(PAGE_ACTIONS) });

/** The body: JSON, or a form of the page's. Nothing is an empty object. */
async function bodyOf<S extends z.ZodType>(request: Request, schema: S, wants: string): Promise<z.output<S>> {
  const text = await request.text();
  if (text.length > MOST_BYTES) throw new ControlError(413, "The body is too large");
  // Told by the text: curl calls whatever it sends with -d a form.
  const isForm = /^[a-z_]+=/.test(text);
  const parsed = schema.safeParse(isForm ? Object.fromEntries(new URLSearchParams(text)) : json(text));
  if (!parsed.success) throw new ControlError(400, `The body must be ${wants}`);
  return parsed.data;
}

function json(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Answer = Response | object;
type Route = (sandbox: Sandbox, request: Request, id: string) => Answer | Promise<Answer>;

const text = (body: string, type: string) =>
  new Response(body, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    },
  });

/** What the sandbox can be asked and told, by method and path; `*` is an id. */
const ROUTES: Readonly<Record<string, Route>> = {
  "GET /sandbox": (sandbox) => sandboxPage(stateOf(sandbox)),
  "GET /sandbox/page.js": () => text(asset("page.js"), "text/javascript"),
  "GET /sandbox/page.css": () => text(asset("page.css"), "text/css"),
  "GET /sandbox/state": (sandbox) => stateOf(sandbox),
  "GET /sandbox/clock": (sandbox) => ({ ...clockOf(), version: versionOf(sandbox) }),
  "POST /sandbox/clock": async (sandbox, request) => {
    const wish = await bodyOf(request, MoveInput, '{ "advance": "P1D" } or { "now": "2027-01-31T09:00:00Z" }');
    const settled = await sandbox.move((now) => ("advance" in wish ? after(now, wish.advance) : at(now, wish.now)));
    return { ...clockOf(), settled };
  },
  "POST /sandbox/reset": async (sandbox) => {
    await sandbox.reset();
    return { generation: sandbox.generation, ...clockOf() };
  },
  "POST /sandbox/settle": async (sandbox, request) => {
    const { timeout_ms } = await bodyOf(request, SettleInput, '{ "timeout_ms": 10000 }, or empty');
    return { settled: await sandbox.world().settle(timeout_ms) };
  },
  "POST /sandbox/mails/*": async (sandbox, _request, id) => {
    const mail = sandbox.world().outbox.sent.mails.find((one) => one.id === id);
    if (!mail) throw new ControlError(404, "There is no such mail: a reset forgets those that came after the seed");
    return { done: await follow(sandbox.world(), mail) };
  },
  "GET /sandbox/pay/*": (sandbox, _request, id) => payPage(id, sandbox.world().payments.page(id)),
  "POST /sandbox/pay/*": async (sandbox, request, id) => {
    const { action } = await bodyOf(
      request,
      PayInput,
      `{ "action": ${PAGE_ACTIONS.map((one) => `"${one}"`).join(" | ")} }`,
    );
    if (!(await sandbox.world().payments.act(id, action))) throw new ControlError(409, "This payment page is closed");
    return { done: action };
  },
};

function routeOf(method: string, path: string): { route: Route; id: string } {
  const exact = ROUTES[`${method} ${path}`];
  if (exact) return { route: exact, id: "" };
  const [, parent = "", id = ""] = /^(.*)\/([^/]+)$/.exec(path) ?? [];
  const route = ROUTES[`${method} ${parent}/*`];
  if (route) return { route, id };
  const names = Object.keys(ROUTES).join(", ");
  throw new ControlError(404, `There is nothing here for ${method} ${path}. There is: ${names}`);
}

const failure = (status: number, message: string) =>
  Response.json({ error: { message } }, { status, headers: { "cache-control": "no-store" } });

function failed(error: unknown): Response {
  if (error instanceof ControlError) return failure(error.status, error.message);
  if (error instanceof ClockError) return failure(400, error.message);
  if (error instanceof ApiError) return failure(error.status, error.message);
  throw error;
}

/** A form that was sent without script leads back to the page, which says what became of it. */
const isForm = (request: Request) =>
  request.method === "POST" && (request.headers.get("accept") ?? "").includes("text/html");

async function respond(sandbox: Sandbox, request: Request): Promise<Response> {
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: PREFLIGHT });
  const path = new URL(request.url).pathname.replace(/\/$/, "");
  try {
    const { route, id } = routeOf(request.method === "HEAD" ? "GET" : request.method, path);
    const answer = await route(sandbox, request, id);
    if (isForm(request)) return new Response(null, { status: 303, headers: { location: "/sandbox" } });
    if (answer instanceof Response) return answer;
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    return failed(error);
  }
}

/** Has an answer say the sandbox's time: node:http would say the machine's. */
function dated(response: Response): Response {
  if (getAhead() !== 0) response.headers.set("date", new Date().toUTCString());
  return response;
}

/** The sandbox's front: its own pages and controls, and the live server behind them, for this machine alone. */
export const front =
  (sandbox: Sandbox) =>
  async (request: Request, env: object): Promise<Response> => {
    const refused = refusal(request);
    if (refused !== undefined) return failure(403, refused);
    const path = new URL(request.url).pathname;
    if (path !== "/sandbox" && !path.startsWith("/sandbox/")) return dated(await sandbox.fetch(request, env));
    const response = await respond(sandbox, request);
    for (const [name, value] of Object.entries(corsHeaders(request))) response.headers.set(name, value);
    return response;
  };
