import { type Draft, toRequest } from "../kit/draft.ts";
import { type Call, jsonOf, type Surface } from "./surface.ts";

/** A call as a request before it is one. */
export function draftOf({ operation, params, query, body, key }: Call): Draft {
  let { path } = operation;
  for (const [name, value] of Object.entries(params)) path = path.replace(`{${name}}`, encodeURIComponent(value));
  return {
    method: operation.method,
    path,
    query: Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)] as const)),
    headers: key === undefined ? {} : { "idempotency-key": key },
    ...(body === undefined ? {} : { body: { type: "application/json", bytes: JSON.stringify(body) } }),
  };
}

/** HTTP as it is: what the other surfaces are held to. `base` is origin and base path. */
export function rawHttp(base: string, fetch: (request: Request) => Promise<Response>): Surface {
  return {
    name: "http",
    async call(call, tokens) {
      const draft = draftOf(call);
      const headers = { ...draft.headers, authorization: `Bearer ${tokens[call.as]}` };
      const response = await fetch(toRequest(base, { ...draft, headers }));
      return { status: response.status, body: jsonOf(await response.text()) };
    },
    close: async () => {},
  };
}
