import type { Item } from "../../client/index.ts";
import { html } from "../kit/html.ts";
import { handOver, madeBefore, shownOnce } from "./once.ts";
import { badge, crumb, empty, facts, pager, question, table, time } from "./parts.ts";
import { form, onceOf, pageOf, type Route, type View } from "./view.ts";

type Endpoint = Item<"listWebhooks">;

const GUIDE = "/docs#tag/guide-webhooks";

const REASONS: Readonly<Record<string, string>> = {
  request: "by request",
  gone: "because it answered 410",
  failing: "because nothing got through for three days",
};

const list: Route = {
  path: "webhooks",
  async get(view) {
    const { data, next_cursor } = await view.api.listWebhooks({ query: pageOf(view) });
    const writes = view.may("webhooks:write");
    const add = html`<a class="button" href="${view.root}/webhooks/new">Add an endpoint</a>`;
    const row = (endpoint: Endpoint) => [
      html`<a href="${view.root}/webhooks/${endpoint.id}">${endpoint.url}</a>${endpoint.description && html`<br><span class="soft">${endpoint.description}</span>`}`,
      badge(endpoint.status),
      endpoint.events === null ? "all" : endpoint.events.join(", "),
      endpoint.failing_since ? html`failing since ${time(view, endpoint.failing_since)}` : "well",
      time(view, endpoint.created_at),
    ];
    const none = writes
      ? empty("There is no endpoint yet.", "An endpoint of yours is told when something happens.", add)
      : empty("There is no endpoint yet.", "Whoever is at least an admin of the organization can add one.");
    return {
      title: "Webhooks",
      body:
        data.length === 0
          ? none
          : html`
            <div class="row"><p class="soft">Your endpoints, told of what happens. <a href="${GUIDE}">How to verify what comes</a></p>${writes && add}</div>
            ${table("Webhook endpoints", ["Endpoint", "Status", "Events", "Lately", "Added"], data.map(row))}
            ${pager(view, next_cursor)}`,
    };
  },
};

const add: Route = {
  path: "webhooks/new",
  needs: "webhooks:write",
  async get(view, _id, fields) {
    const inner = html`
      <label for="url">Address</label>
      <input id="url" name="url" type="url" required maxlength="2048" placeholder="https://hooks.example.com/reelmark" value="${fields.get("url")}" aria-describedby="url-hint" autofocus>
      <p class="hint" id="url-hint">It gets a signed POST for each event. Addresses inside the server's own network are refused.</p>
      <label for="description">What it is for <span class="soft">(if you like)</span></label>
      <input id="description" name="description" type="text" maxlength="200" autocomplete="off" value="${fields.get("description")}">
      <div class="row"><button>Add the endpoint</button><a class="button plain" href="${view.root}/webhooks">Back</a></div>`;
    return {
      title: "Add a webhook endpoint",
      body: html`${crumb(view, "webhooks", "Webhooks")}<div class="narrow">${form(view, inner, fields)}</div>`,
    };
  },
  async post(view, _id, fields) {
    const url = (fields.get("url") ?? "").trim();
    const body = { url, description: fields.get("description") || null };
    const made = await view.api.createWebhook({ ...onceOf(fields), body }).catch(madeBefore);
    if ("secret" in made) handOver(view, made.id, made.secret);
    return `webhooks/${made.id}?done=made`;
  },
};

const STATES = ["pending", "delivered", "failed"] as const;

/** Links to the deliveries of one state or of all. */
function filters({ visit, root }: View, id: string, chosen: string | undefined) {
  const link = (state: (typeof STATES)[number] | undefined) => {
    const here = state === chosen && html`aria-current="true"`;
    return html`<a href="${visit.url.pathname}${state && `?status=${state}`}" ${here}>${state ?? "all"}</a>`;
  };
  return html`<nav class="row filters" aria-label="Deliveries by state">${[undefined, ...STATES].map(link)}
    <a href="${root}/webhooks/${id}">Look again</a></nav>`;
}

const one: Route = {
  path: "webhooks/whk_",
  async get(view, id, fields) {
    const asked = view.visit.url.searchParams.get("status");
    const status = STATES.find((state) => state === asked);
    const query = { ...pageOf(view), webhook_id: id, ...(status ? { status } : {}) };
    const [endpoint, { data, next_cursor }] = await Promise.all([
      view.api.getWebhook({ params: { webhook_id: id } }),
      view.api.listWebhookDeliveries({ query }),
    ]);
    const writes = view.may("webhooks:write");
    const rows = data.map((delivery) => [
      html`<a href="${view.root}/webhooks/deliveries/${delivery.id}">${delivery.event_type}</a>`,
      badge(delivery.status),
      delivery.attempt_count,
      delivery.response_status ?? "–",
      time(view, delivery.created_at),
      time(view, delivery.next_attempt_at, "–"),
    ]);
    const none = status
      ? empty(`No delivery is ${status}.`, html`<a href="${view.visit.url.pathname}">All deliveries</a>`)
      : empty(
          "Nothing was sent yet.",
          writes ? "Send a test event, and see it arrive." : "It is told of what happens from now on.",
        );
    return {
      title: endpoint.url,
      body: html`
        ${crumb(view, "webhooks", "Webhooks")}
        ${shownOnce(view, id, "signing secret", "If nobody kept it, make a new one.")}
        ${facts([
          [
            "Status",
            html`${badge(endpoint.status)} ${endpoint.disabled_reason && (REASONS[endpoint.disabled_reason] ?? "")}`,
          ],
          ...(endpoint.description ? [["For", endpoint.description] as const] : []),
          ["Events", endpoint.events === null ? "all" : endpoint.events.join(", ")],
          ...(endpoint.secret_expires_at
            ? [["Former secret", html`ends ${time(view, endpoint.secret_expires_at)}`] as const]
            : []),
          ...(endpoint.failing_since ? [["Failing since", time(view, endpoint.failing_since)] as const] : []),
          ["Added", time(view, endpoint.created_at)],
          ["Id", html`<code>${endpoint.id}</code>`],
        ])}
        ${
          writes &&
          html`<div class="row">
            ${form(view, html`<button>Send a test event</button>`, fields)}
            <a class="button plain" href="${view.root}/webhooks/${id}/secret">New secret…</a>
            <a class="button plain" href="${view.root}/webhooks/${id}/delete">Delete…</a>
          </div>`
        }
        <h2>Deliveries</h2>
        ${(rows.length > 0 || status) && filters(view, id, status)}
        ${rows.length === 0 ? none : table("Deliveries", ["Event", "Status", "Attempts", "Answer", "Due", "Next try"], rows)}
        ${pager(view, next_cursor)}`,
    };
  },
  async post(view, id, fields) {
    const delivery = await view.api.testWebhook({ ...onceOf(fields), params: { webhook_id: id } });
    return `webhooks/deliveries/${delivery.id}?done=test-sent`;
  },
};

/** For how long the former secret signs too, in seconds. */
const OVERLAPS = [
  [86_400, "a day"],
  [604_800, "a week"],
  [0, "not at all: somebody else may know it"],
] as const;

const rotate: Route = {
  path: "webhooks/whk_/secret",
  needs: "webhooks:write",
  async get(view, id, fields) {
    const { url } = await view.api.getWebhook({ params: { webhook_id: id } });
    const option = ([seconds, name]: (typeof OVERLAPS)[number]) =>
      html`<option value="${seconds}" ${String(seconds) === fields.get("overlap") && html`selected`}>${name}</option>`;
    const inner = html`
      <p>What is sent to <strong>${url}</strong> is signed with a new secret from now on.</p>
      <label for="overlap">The former secret signs too for</label>
      <select id="overlap" name="overlap">${OVERLAPS.map(option)}</select>
      <div class="row"><button>Make a new secret</button><a class="button plain" href="${view.root}/webhooks/${id}">Back</a></div>`;
    return {
      title: "Make a new signing secret?",
      body: html`${crumb(view, `webhooks/${id}`, "The endpoint")}<div class="narrow">${form(view, inner, fields)}</div>`,
    };
  },
  async post(view, id, fields) {
    const body = { overlap_seconds: Number(fields.get("overlap")) };
    const params = { webhook_id: id };
    const made = await view.api.rotateWebhookSecret({ ...onceOf(fields), params, body }).catch(madeBefore);
    if ("secret" in made) handOver(view, id, made.secret);
    return `webhooks/${id}?done=made`;
  },
};

const remove: Route = {
  path: "webhooks/whk_/delete",
  needs: "webhooks:write",
  async get(view, id) {
    const { url } = await view.api.getWebhook({ params: { webhook_id: id } });
    const what = html`<strong>${url}</strong> is told of nothing any more. Its deliveries go with it, sent or not.`;
    const body = question(view, (inner) => form(view, inner), {
      what,
      yes: "Delete the endpoint",
      no: `webhooks/${id}`,
    });
    return { title: "Delete this endpoint?", body };
  },
  async post(view, id) {
    await view.api.deleteWebhook({ params: { webhook_id: id } });
    return "webhooks?done=endpoint-deleted";
  },
};

/** Webhook endpoints, with their deliveries. */
export const webhookRoutes: readonly Route[] = [list, add, one, rotate, remove];
