import { newId } from "../../server/kit/ids.ts";
import { OAUTH } from "../../spec/oauth.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query, send } from "../setup/support.ts";
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

/** A program that an organization's owner has let in, without the browser: for those who only need one to be there. */
export async function somebodyLetIn(
  { databaseUrl }: Pick<TestApp, "databaseUrl">,
  { organizationId, userId, api }: Pick<TestOrganization, "organizationId" | "userId" | "api">,
) {
  const id = newId("oag", Date.now());
  await query(
    databaseUrl,
    `insert into oauth_grants (id, org_id, user_id, session_id, client_id, resource, scopes, expires_at)
     select $1, $2, user_id, id, $4, $5, '{brands:read}', expires_at
       from sessions where user_id = $3 and ended_at is null and expires_at > now() order by id desc limit 1`,
    [id, organizationId, userId, OAUTH.commandLine, PUBLIC_URL + OAUTH.resources[0]],
  );
  const { data } = await api.listGrants({ query: { limit: 100 } });
  const body = data.find((one) => one.id === id);
  if (!body) throw new Error("The program that was let in is not listed");
  return body;
}
