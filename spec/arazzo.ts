import { API_VERSION } from "./document.ts";
import { arazzo, workflowsIn } from "./kit/workflow.ts";
import * as accounts from "./workflows/accounts.ts";
import * as apiKeyLife from "./workflows/api-key-life.ts";
import * as apiKeyReach from "./workflows/api-key-reach.ts";
import * as apiKeys from "./workflows/api-keys.ts";
import * as audit from "./workflows/audit.ts";
import * as billing from "./workflows/billing.ts";
import * as brands from "./workflows/brands.ts";
import * as events from "./workflows/events.ts";
import * as feeds from "./workflows/feeds.ts";
import * as invitations from "./workflows/invitations.ts";
import * as members from "./workflows/members.ts";
import * as organizations from "./workflows/organizations.ts";
import * as plans from "./workflows/plans.ts";
import * as records from "./workflows/records.ts";
import * as refusals from "./workflows/refusals.ts";
import * as sessions from "./workflows/sessions.ts";
import * as sourcePosts from "./workflows/source-posts.ts";
import * as sources from "./workflows/sources.ts";
import * as studio from "./workflows/studio.ts";
import * as syncs from "./workflows/syncs.ts";
import * as uploads from "./workflows/uploads.ts";
import * as usage from "./workflows/usage.ts";
import * as webhooks from "./workflows/webhooks.ts";

const description = `What operations promise together, which no schema says: a revoked key is refused, the last owner
stays. Each workflow is one promise, as a sequence of requests and of what must hold of their answers. Most make an
organization of their own, so they run on any server that lets anybody sign up; those that want several people of one
organization take them as inputs.`;

/** Reelmark's workflows as an Arazzo 1.0.1 document. Pure: `npm run generate` writes it to `spec/arazzo.json`. */
export function reelmarkWorkflows(): object {
  return arazzo(
    { title: "Reelmark: what operations promise together", version: API_VERSION, description },
    { name: "reelmark", url: "./openapi.json" },
    [
      sessions,
      accounts,
      apiKeys,
      apiKeyReach,
      apiKeyLife,
      organizations,
      invitations,
      members,
      plans,
      usage,
      billing,
      studio,
      brands,
      sources,
      syncs,
      feeds,
      sourcePosts,
      uploads,
      records,
      audit,
      events,
      webhooks,
      refusals,
    ].flatMap(workflowsIn),
  );
}
