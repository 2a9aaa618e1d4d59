import { type Html, html } from "../kit/html.ts";
import type { Web } from "../web/service.ts";
import { STYLE } from "./style.ts";
import type { View, Visit } from "./view.ts";

/** Where the console's script stands. */
export const SCRIPT = "/console/console.js";

const PLACES = [
  ["keys", "Keys"],
  ["programs", "Programs"],
  ["devices", "Devices"],
  ["webhooks", "Webhooks"],
  ["members", "Members"],
] as const;

/** What a page says after a form has done its work, by the `done` of its address. */
const DONE: Readonly<Record<string, string>> = {
  "key-revoked": "The key is revoked.",
  "key-deleted": "The key is deleted.",
  renamed: "The key has its new label.",
  "program-removed": "The program is shut out.",
  "session-ended": "The log-in has ended.",
  "endpoint-deleted": "The endpoint is deleted.",
  joined: "You have joined.",
  "organization-made": "The organization is made, and you own it.",
  "test-sent": "The test event is on its way.",
  "sent-again": "It is on its way again.",
  invited: "The invitation is on its way.",
  "role-changed": "The role is changed, from the next request on.",
  "member-removed": "They are no longer a member.",
  "invitation-revoked": "The invitation is revoked.",
};

export type Framed = {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  readonly problem?: Html;
};

const logOut = ({ proof }: Visit): Html =>
  html`<form method="post" action="/logout"><input type="hidden" name="proof" value="${proof}"><button class="link">Log out</button></form>`;

/** The places of an organization, which organization it is, and the way out. */
function bar(visit: Visit, view: View | undefined): Html {
  if (!visit.session) return html``;
  const here = visit.url.pathname.split("/")[3];
  const places = PLACES.map(
    ([path, name]) => html`<a href="${view?.root}/${path}" ${path === here && html`aria-current="page"`}>${name}</a>`,
  );
  const name = view
    ? html`<span class="unseen">Organization: </span>${view.profile.organization.name}`
    : "Organizations";
  return html`
    ${view && html`<nav aria-label="Console">${places}</nav>`}
    <div class="who"><a href="/console/organizations">${name}</a>${logOut(visit)}</div>`;
}

/** Puts a part into the frame that all pages of the console have. `view` is undefined outside an organization. */
export function framed(
  web: Web,
  visit: Visit,
  view: View | undefined,
  { title, body, status, problem }: Framed,
): Response {
  const done = problem ? undefined : DONE[visit.url.searchParams.get("done") ?? ""];
  const { session } = visit;
  return web.page(visit, {
    title,
    ...(status === undefined ? {} : { status }),
    style: STYLE,
    script: SCRIPT,
    nav: bar(visit, view),
    ...(session
      ? { footer: html`Logged in as ${session.email ?? session.name}. <a href="/docs">Reference and guides</a>` }
      : {}),
    body: html`${problem}${done && html`<p class="done" role="status">${done}</p>`}${body}`,
  });
}

/** A page that is not there, whatever the reason. */
export const missing = (web: Web, visit: Visit): Response =>
  framed(web, visit, undefined, {
    status: 404,
    title: "There is no such page",
    body: html`<p>It is gone, or was never there. <a href="/console">To the console</a></p>`,
  });
