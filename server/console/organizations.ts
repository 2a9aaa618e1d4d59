import type { Client } from "../../client/index.ts";
import { html } from "../kit/html.ts";
import { empty, table } from "./parts.ts";
import type { Part } from "./view.ts";

/** The user's organizations to choose from; where to go on to instead, when `forward` and there is one only. */
export async function organizations(api: Client, forward: boolean): Promise<Part | string> {
  const { data } = await api.listOrganizations();
  const [only] = data;
  if (forward && only && data.length === 1) return `/console/${only.id}/keys`;
  const rows = data.map(({ id, name, role, plan }) => [html`<a href="/console/${id}/keys">${name}</a>`, role, plan]);
  return {
    title: data.length > 1 ? "Which organization?" : "Your organizations",
    body:
      rows.length === 0
        ? empty(
            "You are in no organization.",
            html`Ask somebody to invite you, or make one of your own: <code>POST /api/v1/organizations</code>.`,
          )
        : table("Your organizations", ["Name", "Your role", "Plan"], rows),
  };
}
