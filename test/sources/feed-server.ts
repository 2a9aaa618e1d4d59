import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const FIXTURES = new URL("../fixtures/feeds/", import.meta.url);

/** A feed of the fixtures, as it lies there. */
export const fixture = (name: string): Buffer => readFileSync(new URL(name, FIXTURES));

/** Answers one request: with a body and headers, or as the function does it. */
export type Answer =
  | { readonly body: string | Buffer; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  | ((response: ServerResponse, headers: IncomingHttpHeaders) => void);

export type FeedServer = {
  /** The address of a path on this server. */
  url(path: string): string;
  /** From now on the path is answered so. */
  serve(path: string, answer: Answer): string;
  /** What was asked for, with the headers that were sent. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** How often a path was asked for. */
  asked(path: string): number;
  close(): Promise<void>;
};

/** A real web server on loopback whose answers the test writes. Unknown paths are 404. */
export async function feedServer(): Promise<FeedServer> {
  const answers = new Map<string, Answer>();
  const requests: FeedServer["requests"] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    requests.push({ path, headers: request.headers });
    const answer = answers.get(path) ?? { status: 404, body: "nothing here" };
    if (typeof answer === "function") return answer(response, request.headers);
    response.writeHead(answer.status ?? 200, { "Content-Type": "application/xml", ...answer.headers });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  return {
    url,
    serve(path, answer) {
      answers.set(path, answer);
      return url(path);
    },
    requests,
    asked: (path) => requests.filter((one) => one.path === path).length,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An RSS feed with these items: `guid` and `title` each. */
export function rss(items: readonly (readonly [guid: string, title: string])[], title = "A feed"): string {
  const list = items.map(
    ([guid, text]) => `<item><guid isPermaLink="false">${guid}</guid><title>${text}</title></item>`,
  );
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>${title}</title>${list.join("")}</channel></rss>`;
}

/** An answer that waits: `arrived` settles when it is asked for, and it is given when `release` is called. */
export function held(body: string): { answer: Answer; arrived: Promise<void>; release(): void } {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const answer: Answer = (response) => {
    arrived.resolve();
    void released.promise.then(() => response.end(body));
  };
  return { answer, arrived: arrived.promise, release: () => released.resolve() };
}
