import type { Item } from "../../client/index.ts";
import { OAUTH } from "../../spec/oauth.ts";
import { SCOPES } from "../../spec/vocabulary.ts";
import { html } from "../kit/html.ts";
import { crumb, empty, facts, pager, question, table, time } from "./parts.ts";
import { findIn, form, pageOf, type Route } from "./view.ts";

type Grant = Item<"listGrants">;

/** So many scopes stand in a row of the list; the rest opens on demand. */
const SHOWN = 3;

/** What a program may do, in words. */
function wordsOf({ scopes }: Grant) {
  const words = scopes.map((scope) => html`<li>${SCOPES[scope]}</li>`);
  // One more takes no more room than the line that says so.
  if (words.length <= SHOWN + 1) return html`<ul>${words}</ul>`;
  const rest = words.slice(SHOWN);
  return html`<ul>${words.slice(0, SHOWN)}</ul><details><summary>and ${rest.length} more</summary><ul>${rest}</ul></details>`;
}

const list: Route = {
  path: "programs",
  async get(view) {
    const { data, next_cursor } = await view.api.listGrants({ query: pageOf(view) });
    const row = (grant: Grant) => [
      html`<strong>${grant.client_name}</strong>`,
      grant.organization_name,
      wordsOf(grant),
      time(view, grant.created_at),
      time(view, grant.expires_at),
      html`<a href="${view.root}/programs/${grant.id}/remove">Remove…<span class="unseen"> ${grant.client_name}</span></a>`,
    ];
    return {
      title: "Programs",
      body:
        data.length === 0
          ? empty(
              "You have let no program in.",
              "A command line, or an assistant, asks you in this browser. You choose what it may do.",
            )
          : html`
            <p class="soft">What you let act for you, in all your organizations. Programs name themselves, and nobody checks it: remove what you do not know. Each ends with the log-in in which you approved it; its use moves its end on.</p>
            ${table("Programs", ["Program", "Organization", "It may", "Approved", "Ends", "Action"], data.map(row))}
            ${pager(view, next_cursor)}`,
    };
  },
};

const remove: Route = {
  path: "programs/oag_/remove",
  async get(view, id) {
    const grant = await findIn(view.api.listGrants.all({ query: { limit: 100 } }), (one) => one.id === id);
    const { client_id, client_name, organization_name, scopes, created_at } = grant;
    const what = html`<strong>${client_name}</strong> is refused from its next request on. To come back it must ask you again.`;
    const ours = client_id === OAUTH.commandLine;
    return {
      title: "Remove this program?",
      body: html`
        ${crumb(view, "programs", "Programs")}
        ${facts([
          ["Organization", organization_name],
          [
            "It may",
            html`<ul>${scopes.map((scope) => html`<li>${SCOPES[scope]} <code class="soft">${scope}</code></li>`)}</ul>`,
          ],
          ["Approved", time(view, created_at)],
          [
            "Client id",
            html`<code>${client_id}</code>${!ours && html` <span class="soft">(the program gave itself its name)</span>`}`,
          ],
        ])}
        ${question(view, (inner) => form(view, inner), { what, yes: "Remove the program", no: "programs" })}`,
    };
  },
  async post(view, id) {
    await view.api.revokeGrant({ params: { grant_id: id } });
    return "programs?done=program-removed";
  },
};

/** Programs that the user has let in. */
export const programRoutes: readonly Route[] = [list, remove];
