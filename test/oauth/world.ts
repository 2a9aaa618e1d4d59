import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { send } from "../setup/support.ts";
import { Agent, connect, type Granted, programs } from "./agent.ts";

/** A user whose browser is logged in, and a program that has registered itself. */
export type World = {
  readonly app: TestApp;
  readonly org: TestOrganization;
  readonly program: ReturnType<typeof programs>;
  readonly clientId: string;
  readonly agent: Agent;
  /** The user lets the program in. */
  granted(scope?: string): Promise<Granted>;
  /** The program refreshes. */
  refresh(token: string, more?: Record<string, string>): ReturnType<ReturnType<typeof programs>["token"]>;
  /** What a request with an access token is answered. */
  status(token: string): Promise<number>;
};

export async function openWorld(): Promise<World> {
  const app = await openTestApp();
  const org = await freshOrganization(app);
  const program = programs(app);
  const clientId = await program.client();
  const agent = new Agent(app);
  await agent.logIn(org);
  return {
    app,
    org,
    program,
    clientId,
    agent,
    granted: (scope) => connect(app, org, { clientId, agent, ...(scope ? { scope } : {}) }),
    refresh: (token, more = {}) =>
      program.token({ grant_type: "refresh_token", client_id: clientId, refresh_token: token, ...more }),
    status: async (token) => (await send(app, "GET", "/v1/brands", { token })).status,
  };
}
