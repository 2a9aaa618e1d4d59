/**
 * `npm run contract:http`: the contract engine on Reelmark as `npm start` starts it, over HTTP: another process, on a
 * PostgreSQL of its own. It takes the options of `npm run contract`; people and what no document tells are made here.
 */
import { fileURLToPath } from "node:url";
import { createClient } from "../../client/index.ts";
import { openStripeDouble } from "../billing/stripe-double.ts";
import { contractCommand, type InProcess } from "../kit/engine/command.ts";
import { over } from "../kit/engine/remote.ts";
import { cleanUp, later, temporaryFolder } from "../server/launch.ts";
import { startServer } from "../server/process.ts";
import { ENCRYPTION_KEYS, PUBLIC_URL, type TestApp } from "../setup/app.ts";
import { ownDatabase, reelmarkTarget, SETTINGS } from "./in-process.ts";

/** The server as the helpers of the tests know one, wherever it is: they ask for PUBLIC_URL, and reach behind its API. */
function remoteApp(url: string, databaseUrl: string): TestApp {
  const fetched = async (request: Request) => fetch(new Request(request.url.replace(PUBLIC_URL, url), request));
  const elsewhere = () => {
    throw new Error("The server is in another process: it can be asked, and its database looked into");
  };
  return {
    app: {
      fetch: fetched,
      warm: async () => undefined,
      notReady: async () => undefined,
      catchUp: elsewhere,
      drain: elsewhere,
      close: elsewhere,
      get metrics() {
        return elsewhere();
      },
    },
    databaseUrl,
    log: [],
    seen: [],
    fetch: fetched,
    api: (token) => createClient({ baseUrl: `${url}/api`, ...(token ? { token } : {}) }),
    close: async () => {},
  };
}

/** Starts Reelmark in a process of its own, on a database of its own. `signal` ends requests that are under way. */
async function reelmarkOverHttp(signal: AbortSignal): Promise<InProcess> {
  const database = await ownDatabase();
  later(() => database.drop());
  const stripe = await openStripeDouble();
  later(() => stripe.close());
  const [key] = ENCRYPTION_KEYS;
  const storageDir = temporaryFolder();
  const server = await startServer({
    ...stripe.env,
    ...SETTINGS,
    DATABASE_URL: database.url,
    // Answers alone: what workers change by themselves would be taken for an effect of the request that came before.
    ROLE: "api",
    RATE_LIMIT_STORE: "memory",
    ENCRYPTION_KEY: `${key?.id}:${key?.key.toString("base64")}`,
    PUBLIC_URL,
    MAIL: "log",
    STORAGE_DIR: storageDir,
    OUTBOUND_ALLOW: "127.0.0.0/8",
  });
  const place = { baseUrl: `${server.url}/api`, storageDir, close: cleanUp };
  return reelmarkTarget(remoteApp(server.url, database.url), over(signal), place);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  try {
    process.exitCode = await contractCommand(process.argv.slice(2), () => reelmarkOverHttp(stop.signal), {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      isTerminal: process.stderr.isTTY === true,
    });
  } finally {
    await cleanUp();
  }
}
