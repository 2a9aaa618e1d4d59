import { OAUTH } from "../../spec/oauth.ts";
import { html } from "../kit/html.ts";
import { badge, crumb, pager, question, table, time } from "./parts.ts";
import { findIn, form, pageOf, type Route } from "./view.ts";

const list: Route = {
  path: "devices",
  async get(view) {
    const { data, next_cursor } = await view.api.listSessions({ query: pageOf(view) });
    const rows = data.map(({ id, current, created_at, expires_at }) => [
      html`Logged in ${time(view, created_at)}`,
      time(view, expires_at),
      current ? badge("this browser") : html`<a href="${view.root}/devices/${id}/end">End…</a>`,
    ]);
    return {
      title: "Devices",
      body: html`
        <div class="row">
          <p class="soft">A command line or another program shows a code. Type it to let the program act for you, within what you tick.</p>
          <a class="button" href="${OAUTH.paths.device}">Connect a device</a>
        </div>
        <h2>Where you are logged in</h2>
        <p class="soft">What you let in from a browser ends with its log-in there. To shut one program out alone, remove it under <a href="${view.root}/programs">Programs</a>.</p>
        ${table("Where you are logged in", ["Log-in", "Ends", "Action"], rows)}
        ${pager(view, next_cursor)}`,
    };
  },
};

const end: Route = {
  path: "devices/ses_/end",
  async get(view, id) {
    const session = await findIn(view.api.listSessions.all(), (one) => one.id === id);
    const what = html`The log-in of ${time(view, session.created_at)} is refused from its next request on, and so is every program that was let in from there.`;
    const body = question(view, (inner) => form(view, inner), { what, yes: "End the log-in", no: "devices" });
    return { title: "End this log-in?", body: html`${crumb(view, "devices", "Devices")}${body}` };
  },
  async post(view, id) {
    await view.api.endSession({ params: { session_id: id } });
    return "devices?done=session-ended";
  },
};

/** Devices to let in, and where the user is logged in. */
export const deviceRoutes: readonly Route[] = [list, end];
