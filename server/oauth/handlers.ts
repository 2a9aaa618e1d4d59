import { ApiError } from "../../spec/kit/errors.ts";
import { OAUTH } from "../../spec/oauth.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { handlers } from "../context.ts";
import { readPage } from "../kit/postgres/list.ts";
import { BIND, COUNT_OWN_GRANTS, END_OWN_GRANT, LIST_OWN_GRANTS } from "./sql.ts";

type GrantRow = {
  id: string;
  client_id: string;
  /** Null for a client that did not register. */
  client_name: string | null;
  organization_id: string;
  organization_name: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string;
};

/** What a program is called: by itself or, for the command line, which does not register, by us. */
const nameOf = ({ client_id, client_name }: GrantRow): string =>
  client_name ?? (client_id === OAUTH.commandLine ? OAUTH.commandLineName : client_id);

/** Handlers of what a user let programs do. */
export const grantHandlers = handlers({
  async listGrants({ query }, { db, principal, reply }) {
    return reply(
      200,
      await readPage(db, query, {
        name: "grants",
        rows: LIST_OWN_GRANTS,
        count: COUNT_OWN_GRANTS,
        filters: [principal.userId],
        item: (row: GrantRow) => ({ ...row, client_name: nameOf(row) }),
      }),
    );
  },

  async revokeGrant({ params }, { db, principal, reply }) {
    const ended = await db.one<{ organization: string | null }>(END_OWN_GRANT, [params.grant_id, principal.userId]);
    if (!ended?.organization) throw new ApiError("NOT_FOUND", "There is no such grant of yours");
    await db.run(BIND, [ended.organization]);
    return reply(204);
  },
});
