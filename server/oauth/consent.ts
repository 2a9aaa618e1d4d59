import type { Interaction, InteractionResults, Provider } from "oidc-provider";
import type pg from "pg";
import { OAUTH } from "../../spec/oauth.ts";
import { withRead } from "../kit/postgres/pool.ts";
import type { Web } from "../web/service.ts";
import { dispatch, inOneTransaction } from "./exchange.ts";
import { type Asked, approve, choices, scopesIn, type Visit } from "./grants.ts";
import { type Asking, consentBody, nothingBody } from "./pages.ts";

export type PagesOptions = {
  readonly provider: Provider;
  readonly pool: pg.Pool;
  readonly web: Web;
  readonly issuer: string;
  readonly refreshDays: number;
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const OVER =
  "It took too long, was answered already, or was begun in another browser. Go back to the program and start again.";

/** The page on which a user approves what a client asks for, within the authorization code flow. */
export function consentPages({ provider, pool, web, issuer, refreshDays }: PagesOptions) {
  /** The request that this very browser began; undefined for any other. */
  async function open(visit: Visit, uid: string): Promise<Interaction | undefined> {
    let found: Interaction | undefined;
    await inOneTransaction(pool, () =>
      dispatch(
        (req, res) => {
          provider
            .interactionDetails(req, res)
            .then((details) => {
              found = details;
            })
            // Its cookie is missing, or names a request that is over: to the user it is the same.
            .catch(() => {})
            .finally(() => res.end());
        },
        new Request(visit.url, { headers: visit.request.headers }),
        "",
        issuer,
      ),
    );
    return found?.uid === uid ? found : undefined;
  }

  /** Hands the answer to the provider, and the browser back to it. */
  const finish = (visit: Visit, result: InteractionResults): Promise<Response> =>
    dispatch(
      (req, res) => {
        provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false }).catch((error: unknown) => {
          res.statusCode = 500;
          res.end(String(error));
        });
      },
      new Request(visit.url, { headers: visit.request.headers }),
      "",
      issuer,
    );

  async function askingOf({ params }: Interaction): Promise<Asking> {
    let name = "";
    await inOneTransaction(pool, async () => {
      const client = await provider.Client.find(text(params.client_id));
      name = client?.clientName ?? "";
      return new Response(null);
    });
    return {
      name,
      unknown: params.client_id !== OAUTH.commandLine,
      redirect: new URL(text(params.redirect_uri)),
      userCode: undefined,
    };
  }

  async function show(visit: Visit, interaction: Interaction, asked: Asked, problem?: string): Promise<Response> {
    const asking = await askingOf(interaction);
    const { session } = visit;
    // A client may want the password asked for again (OpenID Connect Core §3.1.2.1, `prompt=login`).
    const again = text(interaction.params.prompt).split(" ").includes("login");
    const fresh = session !== undefined && Date.parse(session.startedAt) / 1000 >= (interaction.iat ?? 0);
    if (session === undefined || (again && !fresh)) {
      return web.loginPage(visit, visit.url.pathname, `Log in to let ${asking.name} use Reelmark for you.`);
    }
    const found = await withRead(pool, "", (db) => choices(db, session, asked));
    const leadsTo = asking.redirect ? [asking.redirect.origin] : [];
    const action = visit.url.pathname;
    if (found.length === 0) {
      return web.page(visit, {
        title: `${asking.name} cannot be let in`,
        body: nothingBody(visit, action, undefined),
        leadsTo,
      });
    }
    return web.page(visit, {
      title: `Let ${asking.name} use Reelmark?`,
      body: consentBody(visit, { action, asking, choices: found, problem }),
      leadsTo,
      ...(problem ? { status: 422 } : {}),
    });
  }

  async function decide(visit: Visit, interaction: Interaction, asked: Asked, requestId: string): Promise<Response> {
    const fields = await web.form(visit);
    const { session, address } = visit;
    if (!session) return show(visit, interaction, asked);
    if (fields.get("decision") !== "allow") {
      return inOneTransaction(pool, () =>
        finish(visit, { error: "access_denied", error_description: "The user refused" }),
      );
    }
    let granted = false;
    const response = await inOneTransaction(pool, async (db) => {
      const grantId = await approve(db, {
        session,
        asked,
        organizationId: fields.get("organization") ?? "",
        ticked: fields.getAll("scope"),
        days: refreshDays,
        requestId,
        address,
      });
      if (grantId === undefined) return new Response(null);
      granted = true;
      return finish(visit, { login: { accountId: session.userId, remember: false }, consent: { grantId } });
    });
    return granted
      ? response
      : show(visit, interaction, asked, "Leave at least one line ticked that your role allows.");
  }

  /** GET shows the request that `uid` names, POST decides it. */
  return async (visit: Visit, uid: string, requestId: string): Promise<Response> => {
    const interaction = await open(visit, uid);
    if (!interaction) return web.say(visit, 400, "This request is over", OVER);
    const { client_id, resource, scope } = interaction.params;
    const asked = { clientId: text(client_id), resource: text(resource), scopes: scopesIn(scope) };
    if (visit.request.method === "POST") return decide(visit, interaction, asked, requestId);
    return show(visit, interaction, asked);
  };
}
