import { Readable } from "node:stream";
import { realTime } from "../../client/backoff.ts";
import { COMMANDS } from "../../client/cli/generated/commands.ts";
import { main } from "../../client/cli/main.ts";
import { flagsOf } from "./flags.ts";
import { type Call, envelope, jsonOf, type Outcome, type Surface } from "./surface.ts";

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs one command line somewhere. `status` is that of the last answer it got. */
export type Runner = (args: readonly string[], token: string) => Promise<Ran & { readonly status: number | undefined }>;

/** What the command line's own list of exit codes says of a status. */
function exitOf(status: number): number {
  const known: Record<number, number> = { 401: 3, 402: 4, 403: 4, 404: 5, 409: 6, 412: 6, 429: 8 };
  if (status < 400) return 0;
  return known[status] ?? (status >= 500 ? 9 : 7);
}

type Said = { error: { status: number; code: string; message: string; details: unknown; request_id: string } };

function outcomeOf({ operation }: Call, { code, out, err, status }: Awaited<ReturnType<Runner>>): Outcome {
  const said = jsonOf(err.trim().split("\n").at(-1) ?? "") as Partial<Said> | string | undefined;
  const error = typeof said === "object" ? said.error : undefined;
  const shown = error?.status ?? status;
  if (shown === undefined) return { status: `exit ${code} without a request`, body: out + err };
  if (code !== exitOf(shown)) return { status: `exit ${code} for ${shown}`, body: out + err };
  if (!error) return { status: shown, body: jsonOf(out) };
  return { status: shown, body: envelope({ ...error, requestId: error.request_id }, operation.id, shown) };
}

/** `reelmark …`, without its own checks. `runnerOf` says where a call's command runs. */
export function commandLine(runnerOf: (call: Call) => Runner): Surface {
  const commands = new Map(COMMANDS.map((command) => [command.id, command]));
  return {
    name: "cli",
    async call(call, tokens) {
      const command = commands.get(call.operation.id);
      const flags = command && flagsOf(command, call);
      if (!flags) return { status: "no such command", body: undefined };
      const words = ["--output", "json", "--no-check", "--retries", "0", ...command.words, ...flags];
      return outcomeOf(call, await runnerOf(call)(words, tokens[call.as]));
    },
    close: async () => {},
  };
}

/** The command line in this process. */
export function inProcess(url: string, folder: string, fetch: (request: Request) => Promise<Response>): Runner {
  return async (args, token) => {
    const texts = { out: "", err: "" };
    const sink = (to: keyof typeof texts) => ({
      write(piece: string | Uint8Array) {
        texts[to] += typeof piece === "string" ? piece : Buffer.from(piece).toString();
      },
    });
    let status: number | undefined;
    const code = await main(args, {
      stdin: Readable.from([]),
      stdout: sink("out"),
      stderr: sink("err"),
      env: { REELMARK_URL: url, REELMARK_TOKEN: token },
      folder,
      signal: new AbortController().signal,
      async fetch(request) {
        const response = await fetch(request);
        status = response.status;
        return response;
      },
      timing: realTime,
      openPage: async () => false,
    });
    return { code, ...texts, status };
  };
}
