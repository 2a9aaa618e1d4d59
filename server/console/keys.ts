import type { Item } from "../../client/index.ts";
import { SCOPES } from "../../spec/vocabulary.ts";
import { html } from "../kit/html.ts";
import { handOver, madeBefore, shownOnce } from "./once.ts";
import { badge, crumb, empty, facts, pager, question, table, time } from "./parts.ts";
import { form, onceOf, pageOf, type Route, type View } from "./view.ts";

type Key = Item<"listApiKeys">;

/** What a new key's end may be, in days; 0 for never. */
const LIVES: readonly (readonly [days: number, words: string])[] = [
  [0, "Never"],
  [30, "In 30 days"],
  [90, "In 90 days"],
  [365, "In a year"],
];

const DAY_MS = 86_400_000;

const list: Route = {
  path: "keys",
  async get(view) {
    const { data, next_cursor } = await view.api.listApiKeys({ query: pageOf(view) });
    const writes = view.may("api_keys:write");
    const make = html`<a class="button" href="${view.root}/keys/new">Make a key</a>`;
    const row = (key: Key) => [
      html`<a href="${view.root}/keys/${key.id}">${key.label}</a>`,
      html`<code>${key.prefix}…</code>`,
      badge(key.status),
      time(view, key.last_used_at),
      time(view, key.created_at),
    ];
    const none = writes
      ? empty("There is no key yet.", "A program sends one with each request.", make)
      : empty("There is no key yet.", "Whoever is at least a member of the organization can make one.");
    return {
      title: "API keys",
      body:
        data.length === 0
          ? none
          : html`
            <div class="row"><p class="soft">What programs call the API with. A key can be seen once only, when it is made.</p>${writes && make}</div>
            ${table("API keys", ["Label", "Key", "Status", "Last used", "Created"], data.map(row))}
            ${pager(view, next_cursor)}`,
    };
  },
};

function expiryOf({ now }: View, life: string | null): { expires_at?: string } {
  const [days = 0] = LIVES.find(([days]) => String(days) === life) ?? [];
  return days > 0 ? { expires_at: new Date(now + days * DAY_MS).toISOString() } : {};
}

const make: Route = {
  path: "keys/new",
  needs: "api_keys:write",
  async get(view, _id, fields) {
    const chosen = fields.getAll("scope");
    const life = fields.get("days") ?? "0";
    const scope = (name: keyof typeof SCOPES) => html`
      <label class="choice ${name.endsWith(":write") && "writes"}"><input type="checkbox" name="scope" value="${name}" ${chosen.includes(name) && html`checked`}>
        <span>${SCOPES[name]}<small><code>${name}</code></small></span></label>`;
    const lives = LIVES.map(
      ([days, text]) => html`<option value="${days}" ${String(days) === life && html`selected`}>${text}</option>`,
    );
    const inner = html`
      <div class="narrow">
        <label for="label">Label</label>
        <input id="label" name="label" type="text" required maxlength="80" autocomplete="off" value="${fields.get("label")}" aria-describedby="label-hint" autofocus>
        <p class="hint" id="label-hint">Tells it from other keys: name the program that it is for.</p>
        <label for="days">Stops working</label>
        <select id="days" name="days">${lives}</select>
      </div>
      <fieldset><legend>It may</legend><div class="scopes">${view.scopes.map(scope)}</div></fieldset>
      <p class="soft">Choose as little as the program needs. It can never do more than your own role, ${view.profile.organization.role}.</p>
      <div class="row"><button>Make the key</button><a class="button plain" href="${view.root}/keys">Back</a></div>`;
    return {
      title: "Make an API key",
      body: html`${crumb(view, "keys", "API keys")}${form(view, inner, fields)}`,
    };
  },
  async post(view, _id, fields) {
    const body = {
      label: fields.get("label") ?? "",
      // What is no scope, the API refuses.
      scopes: fields.getAll("scope") as Key["scopes"],
      ...expiryOf(view, fields.get("days")),
    };
    const made = await view.api.createApiKey({ ...onceOf(fields), body }).catch(madeBefore);
    if ("key" in made) handOver(view, made.id, made.key);
    return `keys/${made.id}?done=made`;
  },
};

const one: Route = {
  path: "keys/key_",
  async get(view, id, fields) {
    const key = await view.api.getApiKey({ params: { api_key_id: id } });
    const scopes = key.scopes.map((scope) => html`<li>${SCOPES[scope]} <code class="soft">${scope}</code></li>`);
    const writes = view.may("api_keys:write");
    const rename = html`
      <label for="label">Label</label>
      <input id="label" name="label" type="text" required maxlength="80" autocomplete="off" value="${fields.get("label") ?? key.label}">
      <button class="plain">Rename</button>`;
    return {
      title: key.label,
      body: html`
        ${crumb(view, "keys", "API keys")}
        ${shownOnce(view, id, "key", "If nobody kept it, revoke this one and make another.")}
        ${facts([
          ["Key", html`<code>${key.prefix}…</code>`],
          ["Status", badge(key.status)],
          ["Last used", time(view, key.last_used_at)],
          ["Created", time(view, key.created_at)],
          [key.status === "expired" ? "Stopped working" : "Stops working", time(view, key.expires_at)],
          ["It may", html`<ul>${scopes}</ul>`],
          ["Id", html`<code>${key.id}</code>`],
        ])}
        ${writes && key.status === "active" && html`<div class="narrow">${form(view, rename)}</div>`}
        ${
          writes &&
          html`<div class="row danger">
            <p class="soft">${key.status === "active" ? "Somebody may have seen it, or nobody needs it any more?" : "It is refused everywhere."}</p>
            ${key.status === "active" && html`<a class="button plain" href="${view.root}/keys/${id}/revoke">Revoke…</a>`}
            <a class="button plain" href="${view.root}/keys/${id}/delete">Delete…</a>
          </div>`
        }`,
    };
  },
  async post(view, id, fields) {
    await view.api.updateApiKey({ params: { api_key_id: id }, body: { label: fields.get("label") ?? "" } });
    return `keys/${id}?done=renamed`;
  },
};

const revoke: Route = {
  path: "keys/key_/revoke",
  needs: "api_keys:write",
  async get(view, id) {
    const { label, prefix } = await view.api.getApiKey({ params: { api_key_id: id } });
    const what = html`<strong>${label}</strong> (<code>${prefix}…</code>) is refused everywhere from the next request on, for good. It stays in the list.`;
    const body = question(view, (inner) => form(view, inner), { what, yes: "Revoke the key", no: `keys/${id}` });
    return { title: "Revoke this key?", body };
  },
  async post(view, id) {
    await view.api.revokeApiKey({ params: { api_key_id: id } });
    return `keys/${id}?done=key-revoked`;
  },
};

const remove: Route = {
  path: "keys/key_/delete",
  needs: "api_keys:write",
  async get(view, id) {
    const { label, prefix } = await view.api.getApiKey({ params: { api_key_id: id } });
    const what = html`<strong>${label}</strong> (<code>${prefix}…</code>) stops working at once and leaves the list.`;
    const body = question(view, (inner) => form(view, inner), { what, yes: "Delete the key", no: `keys/${id}` });
    return { title: "Delete this key?", body };
  },
  async post(view, id) {
    await view.api.deleteApiKey({ params: { api_key_id: id } });
    return "keys?done=key-deleted";
  },
};

/** API keys: made with a label and scopes, shown once, revoked, deleted. */
export const keyRoutes: readonly Route[] = [list, make, one, revoke, remove];
