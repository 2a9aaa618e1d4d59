import { type CallToolResult, Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { PUBLIC_URL, type TestApp } from "../setup/app.ts";

export type Result = {
  readonly isError: boolean;
  readonly text: string;
  readonly json: unknown;
  readonly status: unknown;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The official SDK's client on the app in this process. */
export async function mcpClient(
  test: TestApp,
  token: string,
  options: { search?: string; headers?: Record<string, string> } = {},
) {
  const url = new URL(`${PUBLIC_URL}/mcp${options.search ?? ""}`);
  const transport = new StreamableHTTPClientTransport(url, {
    // Answers of the operations behind are held to the contract by RESPONSE_CHECK=check.
    fetch: async (to, init) => test.app.fetch(new Request(to, init)),
    requestInit: { headers: { authorization: `Bearer ${token}`, ...options.headers } },
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  return {
    client,
    tools: async () => (await client.listTools()).tools,
    /** Calls an operation by `call_operation`. */
    async call(operation: string, args?: Record<string, unknown>): Promise<Result> {
      return this.tool("call_operation", { operation, ...(args ? { arguments: args } : {}) });
    },
    async tool(name: string, args: Record<string, unknown>): Promise<Result> {
      const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
      const [first] = result.content;
      const text = first?.type === "text" ? first.text : "";
      return { isError: result.isError === true, text, json: parsed(text), status: result._meta?.["reelmark/status"] };
    },
    close: () => client.close(),
  };
}

/** One message without the SDK: for what that client would not send. */
export async function message(
  test: TestApp,
  options: { token?: string; headers?: Record<string, string>; method?: string; body?: string; url?: string } = {},
): Promise<Response> {
  const { token, headers, method = "POST" } = options;
  const list = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
  return test.app.fetch(
    new Request(options.url ?? `${PUBLIC_URL}/mcp`, {
      method,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      ...(method === "POST" ? { body: options.body ?? JSON.stringify(list) } : {}),
    }),
  );
}
