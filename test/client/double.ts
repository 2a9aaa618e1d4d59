import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came. */
export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** What is done with a request. */
export type Step = (response: ServerResponse, request: IncomingMessage) => void;

/** An answer: JSON of what is no text. */
export const say =
  (status: number, body?: unknown, headers: Record<string, string> = {}): Step =>
  (response) => {
    const type = typeof body === "string" ? "text/html" : "application/json";
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, { ...(body === undefined ? {} : { "content-type": type }), ...headers }).end(text);
  };

/** An error of the API. */
export const sayError = (status: number, code: string, message: string, headers: Record<string, string> = {}): Step =>
  say(status, { error: { code, message, details: {}, request_id: "req_1" } }, headers);

/** The connection breaks without an answer. */
export const hangUp: Step = (_response, request) => void request.socket.destroy();

export type Double = {
  readonly url: string;
  readonly seen: Seen[];
  /** What is done with the next requests, in their order; the last of them with all that follow. */
  script(...steps: readonly Step[]): void;
  close(): Promise<void>;
};

/** A server on loopback that answers by a script: what no real one can be made to say when a test wants it. */
export async function openDouble(): Promise<Double> {
  const seen: Seen[] = [];
  let steps: readonly Step[] = [];
  let at = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url = "", headers } = request;
    seen.push({ method, path: url, headers, body: Buffer.concat(chunks) });
    const step = steps[Math.min(at++, steps.length - 1)] ?? say(500, "no script");
    step(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // A TCP server that listens has an address of this form.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    script(...next) {
      steps = next;
      at = 0;
      seen.length = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
