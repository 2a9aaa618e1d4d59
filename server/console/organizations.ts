import type { Client } from "../../client/index.ts";
import { html } from "../kit/html.ts";
import { empty, table } from "./parts.ts";
import { form, onceOf, type Part, type Visit } from "./view.ts";

/** Where to go on to when the user is in one organization only. */
export async function onlyOrganization(api: Client): Promise<string | undefined> {
  const { data } = await api.listOrganizations();
  return data.length === 1 && data[0] ? `/console/${data[0].id}/keys` : undefined;
}

/** Makes an organization, and returns where to go on to. */
export async function makeOrganization(api: Client, fields: URLSearchParams): Promise<string> {
  const { id } = await api.createOrganization({ ...onceOf(fields), body: { name: (fields.get("name") ?? "").trim() } });
  return `/console/${id}/keys?done=organization-made`;
}

/** The user's organizations to choose from, and a form for another. `fields` hold what was refused. */
export async function organizations(api: Client, visit: Visit, fields: URLSearchParams): Promise<Part> {
  const { data } = await api.listOrganizations();
  const rows = data.map(({ id, name, role, plan }) => [html`<a href="/console/${id}/keys">${name}</a>`, role, plan]);
  return {
    title: data.length > 1 ? "Which organization?" : "Your organizations",
    body: html`
      ${
        rows.length === 0
          ? empty("You are in no organization.", "Ask somebody to invite you, or make one of your own.")
          : table("Your organizations", ["Name", "Your role", "Plan"], rows)
      }
      <h2>Make another</h2>
      <div class="narrow">${form(
        { visit },
        html`
          <label for="name">Its name</label>
          <input id="name" name="name" type="text" required maxlength="80" autocomplete="off" value="${fields.get("name")}">
          <button class="plain">Make the organization</button>`,
        fields,
      )}</div>`,
  };
}
