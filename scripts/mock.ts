import { parseArgs } from "node:util";
import { basePath, type Contract } from "./mock/contract.ts";
import { startMock } from "./mock/server.ts";
import { readDocument, run, UsageError } from "./usage.ts";

const HELP = `Usage: npm run mock -- [--port <n>] [--host <address>] [--spec <file>]

Answers every operation of the contract with its examples: no database, no state, any credential.

  --port <n>         port to listen on (4010; 0 takes a free one)
  --host <address>   address to listen on (127.0.0.1; 0.0.0.0 lets other machines in)
  --spec <file>      the OpenAPI document (spec/openapi.json)
  --help             this text

Choose an answer by a request header:

  Prefer: code=404                        the answer with this status
  Prefer: code=401, example=<name>        one of several examples of it, by its name in the document
  Prefer: dynamic=true                    random data that fits the schema; seed=<text> makes it repeat
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "4010" },
      host: { type: "string", default: "127.0.0.1" },
      spec: { type: "string", default: "spec/openapi.json" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    throw new UsageError(`--port "${values.port}" is not a port: give a number from 0 to 65535`);
  }
  const contract = await readDocument<Contract>(values.spec);
  const mock = await startMock(contract, { host: values.host, port });
  process.stdout.write(`The mock is at ${mock.url}${basePath(contract)}/v1, its reference at ${mock.url}/docs

  Any credential works:   Authorization: Bearer anything
  Choose the answer:      Prefer: code=404     or     Prefer: dynamic=true

  curl -H "Authorization: Bearer anything" ${mock.url}${example(contract)}

Ctrl-C stops it.
`);
  const stop = () => void mock.close();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

/** A first call that works: a list of the contract, which needs neither an id nor a body. */
function example(contract: Contract): string {
  const open = Object.keys(contract.paths).filter(
    (path) => !path.includes("{") && "get" in (contract.paths[path] ?? {}),
  );
  return `${basePath(contract)}${open.find((path) => path.endsWith("s")) ?? open[0] ?? "/v1"}`;
}

await run("mock", main);
