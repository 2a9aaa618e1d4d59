import { ApiError, createClient } from "../../client/index.ts";
import { envelope, type Surface } from "./surface.ts";

type Method = (call: object) => Promise<unknown>;

/** The typed client, by the method of the operation's name. */
export function typedClient(baseUrl: string, fetch: (request: Request) => Promise<Response>): Surface {
  return {
    name: "client",
    async call({ operation, params, query, body, key, as }, tokens) {
      let status: number | undefined;
      const api = createClient({
        baseUrl,
        fetch,
        token: tokens[as],
        retries: 0,
        onAttempt: ({ response }) => {
          status = response?.status;
        },
      });
      const method = (api as unknown as Readonly<Record<string, Method>>)[operation.id];
      if (!method) return { status: "no such method", body: undefined };
      try {
        const headers = key === undefined ? {} : { "Idempotency-Key": key };
        const answer = await method({ params, query, headers, ...(body === undefined ? {} : { body }) });
        return { status: status ?? "no request", body: answer };
      } catch (error) {
        if (!(error instanceof ApiError)) return { status: "thrown", body: String(error) };
        return { status: error.status, body: envelope(error, operation.id, error.status) };
      }
    },
    close: async () => {},
  };
}
