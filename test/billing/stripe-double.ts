import http from "node:http";
import type { AddressInfo } from "node:net";
import { StripeAccount } from "./stripe-account.ts";
import { invalid, type Json, type Params, parseForm, signPayload, stripeId, WireError } from "./stripe-wire.ts";

const SECRET_KEY = "sk_test_double";
export const WEBHOOK_SECRET = "whsec_double";

/** What may be made to go wrong with requests whose `METHOD path` matches, so often. */
export type Fault = {
  readonly on: RegExp;
  times: number;
  /** `lost`: done, and the connection cut. `silent`: not done, never answered. `held`: done, and answered when released. */
  readonly how: "500" | "lost" | "silent" | "held";
};

export type StripeDouble = {
  readonly url: string;
  readonly account: StripeAccount;
  /** Every request that was done, as `METHOD path`. */
  readonly done: string[];
  readonly faults: Fault[];
  /** Resolves when a request is being held, with what its answer is going to be. */
  held(): Promise<Json>;
  /** The settings of a server that takes payments here. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

type Done = { status: number; body: Json };

/** Stripe's API on loopback: the wire format of what is used of it, driven by the real SDK. */
export async function openStripeDouble(): Promise<StripeDouble> {
  const account = new StripeAccount();
  const done: string[] = [];
  const faults: Fault[] = [];
  const keys = new Map<string, { params: string; answer: Done }>();
  let tellHeld: (body: Json) => void = () => {};

  /** A POST with a key is done once: its answer, a refusal too, is repeated to whoever sends the same again. */
  const once = (key: string | undefined, params: string, work: () => Done): Done => {
    if (key === undefined) return work();
    const known = keys.get(key);
    if (known && known.params !== params) {
      const message =
        "Keys for idempotent requests can only be used with the same parameters they were first used with.";
      throw new WireError(400, { type: "idempotency_error", message });
    }
    if (known) return known.answer;
    const answer = work();
    keys.set(key, { params, answer });
    return answer;
  };

  const answerTo = (request: http.IncomingMessage, body: string): Done => {
    const url = new URL(request.url ?? "/", "http://stripe");
    const name = `${request.method} ${url.pathname}`;
    try {
      if (request.headers.authorization !== `Bearer ${SECRET_KEY}`) {
        throw new WireError(401, { type: "invalid_request_error", message: "Invalid API Key provided" });
      }
      if (request.headers["stripe-version"] === undefined) throw invalid("No Stripe-Version");
      const key = request.headers["idempotency-key"];
      const params: Params = parseForm(request.method === "POST" ? body : url.search.slice(1));
      return once(request.method === "POST" ? key?.toString() : undefined, `${name}\n${body}`, () => {
        done.push(name);
        try {
          return { status: 200, body: account.handle(request.method ?? "GET", url.pathname, params) };
        } catch (error) {
          if (error instanceof WireError) return { status: error.status, body: error.body };
          throw error;
        }
      });
    } catch (error) {
      if (error instanceof WireError) return { status: error.status, body: error.body };
      throw error;
    }
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const name = `${request.method} ${request.url}`;
      const fault = faults.find(({ on, times }) => times > 0 && on.test(name));
      if (fault) fault.times -= 1;
      const requestId = stripeId("req");
      const send = ({ status, body }: Done) => {
        response.writeHead(status, { "content-type": "application/json", "request-id": requestId });
        response.end(JSON.stringify(body));
      };
      if (fault?.how === "silent") return;
      if (fault?.how === "500") {
        return send({ status: 500, body: { error: { type: "api_error", message: "An unknown error occurred" } } });
      }
      const answer = answerTo(request, Buffer.concat(chunks).toString("utf8"));
      if (fault?.how === "lost") return void request.socket.destroy();
      if (fault?.how === "held") return tellHeld(answer.body);
      send(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    account,
    done,
    faults,
    held: () =>
      new Promise((resolve) => {
        tellHeld = resolve;
      }),
    env: {
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      STRIPE_API_HOST: url,
      STRIPE_PRICE_PRO: "price_pro",
      STRIPE_PRICE_SCALE: "price_scale",
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Delivery = { readonly secret?: string; readonly timestamp?: number };

/** The request with which Stripe tells of an event. */
export function eventRequest(
  apiUrl: string,
  event: Json,
  { secret = WEBHOOK_SECRET, timestamp }: Delivery = {},
): Request {
  const payload = JSON.stringify(event, null, 2);
  return new Request(`${apiUrl}/v1/billing/stripe/events`, {
    method: "POST",
    headers: { "content-type": "application/json", "stripe-signature": signPayload(payload, secret, timestamp) },
    body: payload,
  });
}
