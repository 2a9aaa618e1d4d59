import type { AdapterPayload } from "oidc-provider";
import { OAUTH } from "../../spec/oauth.ts";
import type { Db } from "../kit/postgres/db.ts";
import { withRead, withTransaction } from "../kit/postgres/pool.ts";
import { userCodeHash, within } from "./adapter.ts";
import type { PagesOptions } from "./consent.ts";
import { type Asked, approve, choices, scopesIn, type Visit } from "./grants.ts";
import { type Asking, codeBody, consentBody, nothingBody } from "./pages.ts";
import { ANSWER_DEVICE, FIND_BY_USER_CODE } from "./sql.ts";

type Found = { readonly hash: Buffer; readonly asking: Asking; readonly asked: Asked };

const UNKNOWN = "There is no such code, or it is over. Look at your device, or start again there.";

/** `bcdfghjk` as it is shown: `BCDF-GHJK`. */
const spelled = (code: string): string =>
  code
    .toUpperCase()
    .replace(/[^A-Z]/g, "")
    .replace(/^(.{4})(.{4})$/, "$1-$2");

/** The page on which a user types a device's code and approves it (RFC 8628 §3.3). */
export function devicePages({ provider, pool, web, issuer, refreshDays }: PagesOptions) {
  const action = OAUTH.paths.device;

  /** The request under a code, while nobody has answered it. */
  const find = (db: Db, code: string): Promise<Found | undefined> =>
    within(db, async () => {
      const hash = userCodeHash(code);
      const row = await db.one<{ payload: AdapterPayload; consumed: number | null }>(FIND_BY_USER_CODE, [hash]);
      const { payload } = row ?? {};
      const open = payload && !payload.accountId && !payload.error && (payload.exp ?? 0) > Date.now() / 1000;
      const client = open && payload.clientId ? await provider.Client.find(payload.clientId) : undefined;
      if (!client) return undefined;
      const { resource = issuer + OAUTH.resources[0], scope } = payload?.params ?? {};
      const unknown = client.clientId !== OAUTH.commandLine;
      return {
        hash,
        asking: { name: client.clientName ?? "", unknown, redirect: undefined, userCode: spelled(code) },
        asked: { clientId: client.clientId, resource: String(resource), scopes: scopesIn(scope) },
      };
    });

  const askCode = (visit: Visit, code: string, problem?: string): Response =>
    web.page(visit, {
      title: "Connect a device",
      body: codeBody(visit, action, spelled(code), problem),
      ...(problem ? { status: 422 } : {}),
    });

  async function show(visit: Visit, { asking, asked }: Found, problem?: string): Promise<Response> {
    const { session } = visit;
    const found = session ? await withRead(pool, "", (db) => choices(db, session, asked)) : [];
    if (found.length === 0) {
      const body = nothingBody(visit, action, asking.userCode);
      return web.page(visit, { title: `${asking.name} cannot be let in`, body });
    }
    return web.page(visit, {
      title: `Let ${asking.name} use Reelmark?`,
      body: consentBody(visit, { action, asking, choices: found, problem }),
      ...(problem ? { status: 422 } : {}),
    });
  }

  const done = (visit: Visit, title: string, message: string) => web.say(visit, 200, title, message);

  async function decide(visit: Visit, fields: URLSearchParams, requestId: string): Promise<Response> {
    const { session, address } = visit;
    const code = fields.get("user_code") ?? "";
    const decision = fields.get("decision");
    if (!session || decision === null) {
      const found = await withTransaction(pool, "", (db) => find(db, code));
      return found ? show(visit, found) : askCode(visit, code, UNKNOWN);
    }
    // The code's row is held from the look to the answer: of two that answer, the second finds it answered.
    const answered = await withTransaction(pool, "", async (db) => {
      const found = await find(db, code);
      if (!found) return undefined;
      const { hash, asked } = found;
      if (decision !== "allow") {
        const refusal = { error: "access_denied", errorDescription: "the user refused" };
        await db.run(ANSWER_DEVICE, [hash, null, JSON.stringify(refusal)]);
        return "refused";
      }
      const choice = { organizationId: fields.get("organization") ?? "", ticked: fields.getAll("scope") };
      const grantId = await approve(db, { session, asked, ...choice, days: refreshDays, requestId, address });
      if (grantId === undefined) return found;
      const { accountId, resource } = { accountId: session.userId, resource: asked.resource };
      const authTime = Math.floor(Date.parse(session.startedAt) / 1000);
      const answer = { accountId, grantId, resource, authTime, scope: asked.scopes.join(" ") };
      await db.run(ANSWER_DEVICE, [hash, grantId, JSON.stringify(answer)]);
      return "approved";
    });
    if (answered === undefined) return askCode(visit, code, UNKNOWN);
    if (answered === "approved") return done(visit, "Done", "Your device goes on by itself. You can close this page.");
    if (answered === "refused") return done(visit, "Refused", "The device was told. You can close this page.");
    return show(visit, answered, "Leave at least one line ticked that your role allows.");
  }

  return async (visit: Visit, requestId: string): Promise<Response> => {
    const code = visit.url.searchParams.get("user_code") ?? "";
    if (!visit.session) {
      const query = code === "" ? "" : `?user_code=${encodeURIComponent(spelled(code))}`;
      return web.loginPage(visit, action + query, "Log in to connect a device to Reelmark.");
    }
    if (visit.request.method !== "POST") return askCode(visit, code);
    return decide(visit, await web.form(visit), requestId);
  };
}
