import { randomBytes } from "node:crypto";
import { type Client, createClient } from "../../client/index.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { conformingFetch } from "../kit/conformance.ts";
import { ALL_SCOPES } from "../setup/app.ts";
import { type Ended, type Environment, launch, type ServerProcess } from "./launch.ts";

const document = reelmarkDocument();

export type RunningServer = ServerProcess & {
  readonly url: string;
  /** A typed client over real HTTP, with every answer held to the contract. */
  api(token?: string): Client;
};

/** An ENCRYPTION_KEY with this id. */
export const encryptionKey = (id = "k1"): string => `${id}:${randomBytes(32).toString("base64")}`;

/** What a server under test is set to, unless told otherwise. */
export const DEFAULTS: Environment = {
  PORT: "0",
  METRICS_PORT: "0",
  SIGN_UP: "open",
  RESPONSE_CHECK: "check",
  RATE_LIMIT_KEY: "1000000",
  RATE_LIMIT_SESSION: "1000000",
  RATE_LIMIT_PUBLIC: "1000000",
  RATE_LIMIT_FAILURES: "0",
};

/** Starts `server/main.ts` without waiting for anything. */
export const launchServer = (env: Environment, args: readonly string[] = []): ServerProcess =>
  launch(process.execPath, ["server/main.ts", ...args], { ...DEFAULTS, ...env });

/** Starts a server and waits until it is ready. */
export async function startServer(env: Environment): Promise<RunningServer> {
  return ready(launchServer(env));
}

/** Waits until a process says that it is ready. */
export async function ready(server: ServerProcess): Promise<RunningServer> {
  const { url } = await server.line(({ msg }) => msg === "Reelmark is ready");
  const address = String(url);
  const checked = conformingFetch(document, (request) => fetch(request));
  const api = (token?: string) =>
    createClient({
      baseUrl: `${address}/api`,
      fetch: async (r) => checked(r),
      retries: 0,
      ...(token ? { token } : {}),
    });
  return { ...server, url: address, api };
}

/** Starts a server that is expected to refuse, and waits for its end. */
export const refusedServer = (env: Environment): Promise<Ended> => launchServer(env).ended;

export const PASSWORD = "correct horse battery staple";

/** Signs the first user of a server up and makes an API key with all scopes. */
export async function freshKey({ api }: RunningServer): Promise<{ key: string; token: string; email: string }> {
  const email = `owner-${randomBytes(6).toString("hex")}@reelmark.example`;
  const body = { email, password: PASSWORD, name: "Test Owner", organization_name: "Test Studio" };
  const { access_token: token } = await api().signUp({ body });
  const { key } = await api(token).createApiKey({ body: { label: "test", scopes: [...ALL_SCOPES] } });
  return { key, token, email };
}
