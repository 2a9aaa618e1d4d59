import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Webhook } from "standardwebhooks";
import { expect } from "vitest";
import { reelmarkDocument } from "../../spec/document.ts";
import type { JsonSchema } from "../kit/document.ts";
import { schemaValidator } from "../kit/validator.ts";

/** A POST as a receiver got it, with the type that its body names. */
export type Received = {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** What a receiver does with a request. `nth` counts from 1. */
export type Behaviour = (response: ServerResponse, received: Received, nth: number, request: IncomingMessage) => void;

export type Receiver = {
  readonly url: string;
  /** Every request whose body came, in the order in which it came. */
  readonly got: Received[];
  /** The ids of requests that were answered with a success, once for each. */
  readonly accepted: string[];
  /** What is done from now on. */
  behave(next: Behaviour): void;
  /** Breaks every open connection. */
  hangUp(): void;
  close(): Promise<void>;
};

export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    void response.writeHead(status, headers).end();

const document = reelmarkDocument();
const validator = schemaValidator(document);

type DocumentedEvent = { post: { requestBody: { content: Record<string, { schema: JsonSchema }> } } };

/** The schema that the document gives the body of an event. */
function schemaOf(type: string): JsonSchema {
  // The generated document's own shape; where it is not so, the test fails on it.
  const found = document.webhooks[type] as unknown as DocumentedEvent | undefined;
  const schema = found?.post.requestBody.content["application/json"]?.schema;
  if (!schema) throw new Error(`The document has no event ${type}`);
  return schema;
}

/** Fails unless a body is what the document says of its event. */
function expectDocumented({ type, body }: Pick<Received, "type" | "body">): void {
  const validate = validator(schemaOf(type));
  expect(validate(JSON.parse(body)) ? [] : validate.errors, `${type}: ${body}`).toEqual([]);
}

/** The judge: the reference library of Standard Webhooks. Throws when the signature, the time or the id is wrong. */
export const verify = ({ body, headers }: Received, secret: string): unknown =>
  new Webhook(secret).verify(body, { ...headers });

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const { type } = JSON.parse(body) as { type: string };
  return { id: headers["webhook-id"] ?? "", type, body, headers };
}

/** A real HTTP server on loopback that takes events; each is held to the document. 204 unless told otherwise. */
export async function receiver(behaviour: Behaviour = answer(204)): Promise<Receiver> {
  let now = behaviour;
  const got: Received[] = [];
  const accepted: string[] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = (request, response) => {
    read(request).then(
      (received) => {
        expectDocumented(received);
        response.once("close", () => {
          if (response.headersSent && response.statusCode < 300) accepted.push(received.id);
        });
        now(response, received, got.push(received), request);
      },
      () => request.destroy(),
    );
  };
  const server = createServer(listener);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    // A TCP server that listens has an address of this form.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    got,
    accepted,
    behave: (next) => {
      now = next;
    },
    hangUp,
    async close() {
      hangUp();
      server.close();
      await once(server, "close");
    },
  };
}
