import { Html, type HtmlValue, html } from "../../server/kit/html.ts";
import { ICON } from "../../server/web/style.ts";
import type { SentMail, SentPayment, SentRequest } from "./outbox.ts";
import type { State } from "./state.ts";

/** Everything comes from the sandbox itself; forms lead back to it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A whole page of the sandbox. `script` is for pages that keep themselves up to date. */
export function pageResponse(title: string, body: Html, options: { script: boolean; status?: number }): Response {
  const text = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Reelmark sandbox</title>
    <link rel="icon" href="${ICON}">
    <link rel="stylesheet" href="/sandbox/page.css">
    ${options.script && new Html('<script src="/sandbox/page.js" type="module"></script>')}
  </head>
  <body>
    <header class="top"><img src="${ICON}" alt="" width="28" height="28"><a href="/sandbox">Reelmark sandbox</a>
      <nav><a href="/docs">Reference</a></nav></header>
    <main>${body}</main>
  </body>
</html>
`.text;
  return new Response(text, {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": POLICY,
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    },
  });
}

const time = (iso: string) => html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")}</time>`;

/** A value that a button copies; the button shows where scripts run. */
const copied = (value: string, what: string) =>
  html`<span class="copied"><code>${value}</code><button type="button" class="small needs-script" data-copy="${value}" aria-label="Copy ${what}">Copy</button></span>`;

const item = (key: string, summary: Html, content: HtmlValue) =>
  html`<li data-key="${key}"><details><summary>${summary}</summary><div class="inside">${content}</div></details></li>`;

const list = (name: string, title: string, entries: readonly Html[], none: string) => html`
  <section aria-labelledby="${name}">
    <h2 id="${name}">${title} <span class="count" data-live="${name}-count">${entries.length}</span></h2>
    <ul class="entries" data-live="${name}">${entries.length > 0 ? entries : html`<li class="none" data-key="none">${none}</li>`}</ul>
  </section>`;

const DO = {
  "verify-email": "Verify this address",
  "reset-password": "Set the password back to the seed's",
  "accept-invitation": "Accept the invitation",
} as const;

const mailItem = ({ id, at, to, subject, text, action }: SentMail) =>
  item(
    id,
    html`<strong>${subject}</strong> <span class="soft">${to}</span> ${time(at)}`,
    html`<pre>${text}</pre>
      ${
        action &&
        html`<form method="post" action="/sandbox/mails/${id}" data-action><button>${DO[action.kind]}</button></form>
      <p>${copied(action.token, "the token")}</p>`
      }`,
  );

const statusOf = ({ status, error }: SentRequest) =>
  html`<span class="status ${status !== null && status < 400 ? "good" : "bad"}">${status ?? "—"}</span>${error && html` <span class="soft">${error}</span>`}`;

/** The type of an event, where a body is one. */
function eventType(body: string | null): string {
  try {
    const { type } = JSON.parse(body ?? "") as { type?: unknown };
    return typeof type === "string" ? type : "";
  } catch {
    return "";
  }
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

const requestItem = (request: SentRequest) =>
  item(
    request.id,
    html`${statusOf(request)} <strong>${eventType(request.body) || request.method}</strong> <span class="soft">${request.url}</span> ${time(request.at)}`,
    html`<p>${request.went === "here" ? "Answered by the sandbox" : "Really sent: the address is of this machine or its network"}</p>
      <pre>${request.method} ${request.url}
${Object.entries(request.headers)
  .map(([name, value]) => `${name}: ${value}`)
  .join("\n")}</pre>
      ${request.body && html`<pre>${pretty(request.body)}</pre>`}`,
  );

const paymentItem = ({ id, at, what, price, status, url }: SentPayment) =>
  item(
    id,
    html`<span class="status ${status === "paid" ? "good" : status === "open" ? "open" : "bad"}">${status}</span> <strong>${what}</strong> <span class="soft">${price}</span> ${time(at)}`,
    status === "open" && url !== null
      ? html`<p><a href="/sandbox/pay/${id}">Open the payment page</a></p>`
      : html`<p>Nothing is left to do here</p>`,
  );

const credential = (label: string, value: string, about: string) =>
  html`<tr><th scope="row">${label}</th><td>${copied(value, label)}<small>${about}</small></td></tr>`;

function credentials({ keys, logins, password, webhook }: State["credentials"]): Html {
  return html`<section aria-labelledby="credentials">
    <h2 id="credentials">Credentials</h2>
    <table>
      ${Object.entries(keys).map(([name, { key, about }]) => credential(`Key: ${name}`, key, about))}
      ${Object.values(logins).map(({ email, role }) => credential("Log-in", email, role))}
      ${credential("Password", password, "of each of them")}
      ${webhook && credential("Webhook secret", webhook.secret, `signs what goes to ${webhook.url}`)}
    </table>
  </section>`;
}

const STEPS = [
  ["PT1M", "1 minute"],
  ["PT1H", "1 hour"],
  ["P1D", "1 day"],
  ["P7D", "7 days"],
  ["P1M", "1 month"],
] as const;

function clock({ now, ahead_seconds }: State["clock"]): Html {
  return html`<section class="card" aria-labelledby="clock">
    <h2 id="clock">Clock</h2>
    <p class="now" data-live="clock">${now.slice(0, 19).replace("T", " ")} UTC<small>${ahead_seconds === 0 ? "the present" : `${new Intl.NumberFormat("en").format(ahead_seconds)} seconds ahead`}</small></p>
    <form method="post" action="/sandbox/clock" data-action class="row" aria-label="Move the clock forward">
      ${STEPS.map(([value, label]) => html`<button name="advance" value="${value}" class="plain">+ ${label}</button>`)}
    </form>
    <form method="post" action="/sandbox/reset" data-action class="row"><button class="danger">Reset everything to the seed</button></form>
    <p class="result" role="status" aria-live="polite" data-result></p>
  </section>`;
}

/** The page that shows what left the server, and moves its clock. */
export function sandboxPage(state: State): Response {
  const webhooks = state.requests.filter(({ kind }) => kind === "webhook");
  const fetches = state.requests.filter(({ kind }) => kind === "fetch");
  const body = html`<h1>Sandbox</h1>
    <p class="soft">The live server on a throw-away database. What would leave this machine is caught and shown here.</p>
    <div id="live" data-version="${state.version}">
    ${clock(state.clock)}
    ${credentials(state.credentials)}
    ${list("mails", "E-mails", state.mails.map(mailItem), "No mail was sent")}
    ${list("webhooks", "Webhooks", webhooks.map(requestItem), "No webhook was sent")}
    ${list("payments", "Payments", state.payments.map(paymentItem), "Nothing was to be paid")}
    ${list("fetches", "Fetched addresses", fetches.map(requestItem), "Nothing was fetched")}
    </div>`;
  return pageResponse("Sandbox", body, { script: true });
}
