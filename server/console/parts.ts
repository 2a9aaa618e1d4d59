import type { ApiError } from "../../client/index.ts";
import { type Html, type HtmlValue, html } from "../kit/html.ts";
import type { View } from "./view.ts";

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** How far a time is from now, in words: `3 hours ago`, `in 2 days`. `now` in Unix milliseconds. */
export function inWords(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? [];
  if (unit === undefined) return seconds > 0 ? "in a moment" : "just now";
  // A moment after it was said, `in 7 days` is still that.
  return words.format(Math.trunc((seconds > 0 ? seconds + 30 : seconds) / size), unit);
}

/** A time in words, with the exact one beside it for machines and for whoever points at it. */
export const time = ({ now }: View, at: string | null, never = "never"): Html =>
  at === null
    ? html`${never}`
    : html`<time datetime="${at}" title="${exact.format(Date.parse(at))} UTC">${inWords(at, now)}</time>`;

const TONES: Readonly<Record<string, string>> = {
  active: "good",
  enabled: "good",
  delivered: "good",
  revoked: "bad",
  failed: "bad",
  disabled: "bad",
  expired: "bad",
  pending: "wait",
};

/** A state, as a word in a colour. */
export const badge = (status: string): Html => html`<span class="badge ${TONES[status]}">${status}</span>`;

/** Rows under headings, which become cards on a narrow screen; so the roles are said in so many words. */
export const table = (name: string, heads: readonly string[], rows: readonly (readonly HtmlValue[])[]): Html => html`
  <table role="table" aria-label="${name}">
    <thead role="rowgroup"><tr role="row">${heads.map((head) => html`<th role="columnheader" scope="col">${head}</th>`)}</tr></thead>
    <tbody role="rowgroup">
      ${rows.map(
        (cells) =>
          html`<tr role="row">${cells.map((cell, at) => html`<td role="cell" data-label="${heads[at]}"><span>${cell}</span></td>`)}</tr>`,
      )}
    </tbody>
  </table>`;

/** Names and what they are. */
export const facts = (list: readonly (readonly [name: string, value: HtmlValue])[]): Html => html`
  <dl>${list.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

/** What to say where a list would be, with what to do next. */
export const empty = (what: string, next: HtmlValue, button?: Html): Html =>
  html`<div class="empty"><p>${what}</p><p>${next}</p>${button && html`<p>${button}</p>`}</div>`;

/** A way back to the page above. `to` is below the organization. */
export const crumb = ({ root }: View, to: string, name: string): Html =>
  html`<p class="crumb"><a href="${root}/${to}">← ${name}</a></p>`;

/** Where a list goes on, and back to its start. */
export function pager({ visit }: View, next: string | null): Html {
  const link = (cursor: string | undefined, label: string) => {
    const query = new URLSearchParams(visit.url.searchParams);
    for (const name of ["after", "done"]) query.delete(name);
    if (cursor !== undefined) query.set("after", cursor);
    const text = query.toString();
    return html`<a class="button plain" href="${visit.url.pathname}${text && `?${text}`}">${label}</a>`;
  };
  const later = visit.url.searchParams.has("after");
  if (!later && next === null) return html``;
  return html`<nav class="row" aria-label="Pages">${later && link(undefined, "From the start")}${next !== null && link(next, "More")}</nav>`;
}

/** Asks before something that cannot be undone. `no` is the path below the organization to go back to. */
export const question = (
  view: View,
  form: (inner: Html) => Html,
  { what, yes, no }: { what: HtmlValue; yes: string; no: string },
): Html => html`
  <p>${what}</p>
  ${form(html`<div class="row"><button class="bad">${yes}</button><a class="button plain" href="${view.root}/${no}">Keep it</a></div>`)}`;

/** The token of a mail: as its link brought it, or to be pasted. */
export const tokenField = (token: string): Html =>
  token
    ? html`<input type="hidden" name="token" value="${token}">`
    : html`
      <label for="token">Token of the mail</label>
      <input id="token" name="token" type="text" required maxlength="128" autocomplete="off">`;

/** What the API answered, without what a program would want of it. */
function sentenceOf({ message, operationId, status, code, requestId }: ApiError): string {
  const start = `${operationId}: ${status} ${code}: `.length;
  const end = requestId === "" ? message.length : message.length - ` (${requestId})`.length;
  return message.slice(start, end);
}

/** What a field of the API is called on a form of ours, where that is not its own name. */
const FIELDS: Readonly<Record<string, string>> = { url: "Address", scopes: "It may", email: "E-mail address" };

/** `body.scopes.0: …` as `It may: …`. */
function issueIn({ path, message }: { readonly path: string; readonly message: string }): string {
  const [, field = ""] = path.split(".");
  return `${FIELDS[field] ?? field.charAt(0).toUpperCase() + field.slice(1)}: ${message}`;
}

/** A refusal of the API as a sentence, with what to tell an operator who looks for it. */
export function refusal(error: ApiError): Html {
  const { code, requestId } = error;
  const issues = code === "VALIDATION_ERROR" ? error.details.issues : [];
  const wait = code === "RATE_LIMITED" ? error.response.headers.get("retry-after") : null;
  const lines = issues.length > 0 ? issues.map(issueIn) : [sentenceOf(error)];
  return html`
    <div class="error" role="alert">
      ${lines.map((line) => html`<p>${line.replace(/[^.?!]$/, "$&.")}</p>`)}
      ${wait !== null && html`<p>Try again in ${wait} s.</p>`}
      <p class="soft"><code>${code}</code>${requestId && html` in request <code>${requestId}</code>`}</p>
    </div>`;
}
