import { html } from "../kit/html.ts";
import { badge, crumb, empty, facts, table, time } from "./parts.ts";
import { form, onceOf, type Route } from "./view.ts";

/** One delivery: its attempts, what is sent, and sending it again. */
export const deliveryRoute: Route = {
  path: "webhooks/deliveries/dlv_",
  async get(view, id, fields) {
    const found = await view.api.getWebhookDelivery({ params: { delivery_id: id } });
    const { payload } = await view.api.getEvent({ params: { event_id: found.event_id } });
    const rows = found.attempts.map(({ number, started_at, duration_ms, response_status, error }) => [
      `no. ${number}`,
      time(view, started_at),
      `${duration_ms} ms`,
      response_status ?? "–",
      error ?? "–",
    ]);
    return {
      title: found.event_type,
      body: html`
        ${crumb(view, `webhooks/${found.webhook_id}`, "The endpoint and its deliveries")}
        ${facts([
          ["Status", badge(found.status)],
          ["Due", time(view, found.created_at)],
          ["Delivered", time(view, found.delivered_at, "not yet")],
          ["Next try", time(view, found.next_attempt_at, "none")],
          ["Event", html`<code>${found.event_id}</code>`],
        ])}
        <div class="row">
          ${view.may("webhooks:write") && form(view, html`<button>Send it again</button>`, fields)}
          <a class="button plain" href="${view.visit.url.pathname}">Look again</a>
        </div>
        <h2>Attempts</h2>
        ${rows.length === 0 ? empty("It was not tried yet.", "Look again in a moment.") : table("Attempts", ["Attempt", "Began", "Took", "Answer", "Error"], rows)}
        <h2>What is sent</h2>
        <pre tabindex="0"><code>${JSON.stringify(payload, null, 2)}</code></pre>`,
    };
  },
  async post(view, id, fields) {
    await view.api.redeliverWebhook({ ...onceOf(fields), params: { delivery_id: id } });
    return `webhooks/deliveries/${id}?done=sent-again`;
  },
};
