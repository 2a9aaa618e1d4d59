import { Transform, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { type JSONRPCMessage, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { harmless } from "./output.ts";
import { type Connection, connectionOf, type Globals } from "./session.ts";

export type McpFlags = Globals & { readonly allTools?: boolean };

/** The server could not be asked: the first code that JSON-RPC 2.0 leaves to implementations. */
const NOT_ASKED = -32_000;

type RequestId = Extract<JSONRPCMessage, { method: string; id: unknown }>["id"];

/** Why a message did not get through, and what to do. */
function reason(error: unknown): string {
  if (error instanceof UnauthorizedError)
    return "The credential is no longer good. Log in again with `reelmark login`.";
  const { message, cause, data } = error as { message: string; cause?: { message?: string }; data?: { text?: string } };
  // What the API says of an error is in its own envelope.
  const said = /"message":("(?:[^"\\]|\\.)*")/.exec(data?.text ?? "")?.[1];
  return said ? String(JSON.parse(said)) : cause?.message || message;
}

/** The server's own transport, with the credential of each moment. */
function remote(flags: McpFlags, { baseUrl, token, organization }: Connection, { fetch }: Io) {
  const url = new URL(flags.allTools ? "/mcp?tools=all" : "/mcp", baseUrl);
  return new StreamableHTTPClientTransport(url, {
    authProvider: { token },
    fetch: (to, init) => fetch(new Request(to, init)),
    requestInit: { headers: organization ? { "x-organization-id": organization } : {} },
    onInsufficientScope: "throw",
  });
}

/**
 * Speaks MCP over standard input and output for the server's `/mcp`, until its input ends: messages are passed on as they
 * are, so that tools, scopes and limits are the server's. A request that gets no answer there gets an error here.
 */
export async function mcp(flags: McpFlags, io: Io): Promise<void> {
  const connection = await connectionOf(flags, io);
  if (!(await connection.token()))
    throw new UsageError("Not logged in", "Run `reelmark login`, or set REELMARK_TOKEN.", 3);
  const there = remote(flags, connection, io);
  const out = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      io.stdout.write(chunk);
      done();
    },
  });
  const open = new Map<RequestId, AbortController>();
  let whenIdle: (() => void) | undefined;
  const close = (id: RequestId) => {
    const was = open.delete(id);
    if (open.size === 0) whenIdle?.();
    return was;
  };
  // The transport closes with its input, and what is asked last would get no answer: its input ends when all have theirs.
  const input = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    async flush(done) {
      await setImmediate(); // what was just passed on is read by then
      if (open.size > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
      done();
    },
  });
  const here = new StdioServerTransport(io.stdin.pipe(input), out);
  const say = (message: JSONRPCMessage) => void here.send(message).catch(() => undefined);
  const refuse = (id: RequestId, message: string) => {
    if (close(id)) say({ jsonrpc: "2.0", id, error: { code: NOT_ASKED, message } });
  };

  here.onmessage = (message) => {
    if (!("method" in message) || !("id" in message)) {
      const cancelled =
        "method" in message && message.method === "notifications/cancelled" && message.params?.requestId;
      // It has no answer: the server learns of it by the end of its request.
      if (typeof cancelled === "string" || typeof cancelled === "number") {
        open.get(cancelled)?.abort();
        close(cancelled);
      } else void there.send(message).catch(() => undefined);
      return;
    }
    const { id } = message;
    const stop = new AbortController();
    open.set(id, stop);
    const onRequestStreamEnd = () => refuse(id, "The server ended its answer before its end. Try again.");
    there
      .send(message, { requestSignal: stop.signal, onRequestStreamEnd })
      .catch((error: unknown) => refuse(id, reason(error)));
  };
  there.onmessage = (message) => {
    if ("id" in message && message.id !== undefined && !("method" in message)) {
      const { id } = message;
      const version = "result" in message && message.result.protocolVersion;
      // What `initialize` agreed on is a header of all that comes after.
      if (typeof version === "string") there.setProtocolVersion(version);
      say(message);
      close(id);
      return;
    }
    say(message);
  };
  for (const one of [here, there]) one.onerror = (error) => io.stderr.write(`${harmless(reason(error))}\n`);
  const ended = new Promise<void>((resolve) => {
    here.onclose = resolve;
    io.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.all([there.start(), here.start()]);
  await ended;
  await here.close();
  // What is still open ends with it, and needs no word.
  there.onerror = () => undefined;
  await there.close();
}
