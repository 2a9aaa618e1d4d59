import net from "node:net";
import { later } from "./launch.ts";

/** A bare TCP connection to a server: what no HTTP client would send, byte by byte. */
export type Wire = {
  send(more: string | Uint8Array): void;
  /** All that has been received so far. */
  received(): string;
  /** Waits until what was received matches; rejects when the connection closes without it. */
  until(pattern: RegExp): Promise<string>;
  /** How the connection ended: `reset` when the other side broke it, `refused` when it never stood. */
  readonly closed: Promise<"ended" | "reset" | "refused">;
  end(): void;
};

/** Opens a connection to the server at `url`. */
export function openWire(url: string): Wire {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  let text = "";
  let failure: string | undefined;
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code;
  });
  const closed = new Promise<"ended" | "reset" | "refused">((resolve) => {
    socket.once("close", () => {
      resolve(failure === undefined ? "ended" : failure === "ECONNREFUSED" ? "refused" : "reset");
    });
  });
  later(() => socket.destroy());
  return {
    send: (more) => void socket.write(more),
    received: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(text) && resolve(text);
        look();
        socket.on("data", look);
        socket.once("close", () => reject(new Error(`closed before ${pattern}; received: ${text}`)));
      }),
    closed,
    end: () => void socket.destroy(),
  };
}

type Head = { readonly method: string; readonly path: string; readonly headers?: Readonly<Record<string, string>> };

/** The head of a request, with its empty last line. */
export function head({ method, path, headers = {} }: Head): string {
  const lines = Object.entries({ Host: "reelmark.test", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/**
 * Sends the head of a POST with a JSON body and waits for `100 Continue`: from then on the server has the request, and
 * holds it until `finish()` sends the body.
 */
export async function holdPost(url: string, path: string, body: object, headers: Record<string, string> = {}) {
  const wire = openWire(url);
  const text = JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  const all = { "Content-Type": "application/json", "Content-Length": length, Expect: "100-continue", ...headers };
  wire.send(head({ method: "POST", path, headers: all }));
  await wire.until(/^HTTP\/1\.1 100 /);
  return {
    wire,
    /** Sends the body and waits for the status and headers of the answer. */
    async finish(): Promise<string> {
      wire.send(text);
      return (await wire.until(/\r\n\r\nHTTP\/1\.1 [\s\S]*\r\n\r\n/)).replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, "");
    },
  };
}
