import { type CallToolResult, Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type Call, jsonOf, type Outcome, type Surface, type Who } from "./surface.ts";

const argumentsOf = ({ params, query, body, key }: Call) => ({
  ...params,
  ...query,
  ...(body === undefined ? {} : { body }),
  ...(key === undefined ? {} : { idempotency_key: key }),
});

/** `call_operation` of /mcp, by the official client. One connection a credential. */
export function mcp(url: string, fetch: (request: Request) => Promise<Response>): Surface {
  const clients = new Map<string, Client>();
  /** What the transport itself was refused with: the official client only throws. */
  let refused: { status: number; text: string } | undefined;

  async function connected(token: string): Promise<Client> {
    const known = clients.get(token);
    if (known) return known;
    const client = new Client({ name: "surfaces", version: "1" });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), {
        requestInit: { headers: { authorization: `Bearer ${token}` } },
        async fetch(to, init) {
          const response = await fetch(new Request(to, init));
          if (response.status >= 400) refused = { status: response.status, text: await response.clone().text() };
          return response;
        },
      }),
    );
    clients.set(token, client);
    return client;
  }

  async function ask(call: Call, tokens: Readonly<Record<Who, string>>): Promise<Outcome> {
    const client = await connected(tokens[call.as]);
    const args = { operation: call.operation.id, arguments: argumentsOf(call) };
    const result = (await client.callTool({ name: "call_operation", arguments: args })) as CallToolResult;
    const [first] = result.content;
    const text = first?.type === "text" ? first.text : "";
    const status = Number(result._meta?.["reelmark/status"]);
    if ((result.isError === true) !== status >= 400)
      return { status: `${status}, isError ${result.isError}`, body: text };
    return { status, body: text === "Done." ? undefined : jsonOf(text) };
  }

  return {
    name: "mcp",
    async call(call, tokens) {
      refused = undefined;
      try {
        return await ask(call, tokens);
      } catch (error) {
        // Set by the transport's fetch, which the compiler does not follow.
        const seen = refused as { status: number; text: string } | undefined;
        return seen ? { status: seen.status, body: jsonOf(seen.text) } : { status: "thrown", body: String(error) };
      }
    },
    async close() {
      for (const client of clients.values()) await client.close();
    },
  };
}
