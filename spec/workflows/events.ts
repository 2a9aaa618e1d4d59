import { brand, newKey, OWNER, persona, signUp, step, workflow } from "./steps.ts";

const told = (id: string, type: "source.created" | "source.updated" | "source.deleted", ...more: string[]) =>
  step(id, "listEvents", {
    as: OWNER,
    query: { type },
    expect: [
      200,
      "$response.body#/count == 1",
      `$response.body#/data/0/payload/type == '${type}'`,
      "$response.body#/data/0/payload/timestamp == $response.body#/data/0/created_at",
      ...more,
    ],
    outputs: { id: "$response.body#/data/0/id", event: "$response.body#/data/0" },
  });

const none = (id: string, type: "source.updated" | "source.deleted") =>
  step(id, "listEvents", { as: OWNER, query: { type }, expect: [200, "$response.body#/count == 0"] });

const SOURCE = "$steps.told-source.outputs.id";

export const sourcesAreTold = workflow({
  id: "what-happens-to-sources-is-told",
  summary: "An event tells once of a source that was created, changed or deleted, and shows it as its answer did",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    step("told-source", "createSource", {
      as: OWNER,
      body: { persona_id: "$steps.persona.outputs.id", url: "https://feeds.example.com/studio.xml" },
      expect: [201],
      outputs: { id: "$response.body#/id", source: "$response.body" },
    }),
    told(
      "see-it-created",
      "source.created",
      "$response.body#/data/0/payload/data == $steps.told-source.outputs.source",
    ),
    none("not-changed-yet", "source.updated"),
    step("rename-it", "updateSource", {
      as: OWNER,
      params: { source_id: SOURCE },
      body: { name: "Renamed" },
      expect: [200],
      outputs: { source: "$response.body" },
    }),
    told("see-it-changed", "source.updated", "$response.body#/data/0/payload/data == $steps.rename-it.outputs.source"),
    none("not-deleted-yet", "source.deleted"),
    step("delete-it", "deleteSource", { as: OWNER, params: { source_id: SOURCE }, expect: [204] }),
    told(
      "see-it-deleted",
      "source.deleted",
      `$response.body#/data/0/payload/data/id == ${SOURCE}`,
      "$response.body#/data/0/payload/data/persona_id == $steps.persona.outputs.id",
    ),
    step("see-the-event", "getEvent", {
      as: OWNER,
      params: { event_id: "$steps.see-it-deleted.outputs.id" },
      expect: [200, "$response.body == $steps.see-it-deleted.outputs.event"],
    }),
    step("see-all-newest-first", "listEvents", {
      as: OWNER,
      expect: [
        200,
        "$response.body#/count == 3",
        "$response.body#/data/0/type == 'source.deleted'",
        "$response.body#/data/1/type == 'source.updated'",
        "$response.body#/data/2/type == 'source.created'",
      ],
    }),
  ],
});

/** Goes on with the stream from where a step before was. What has just happened is told a second later at most. */
const goOn = (
  id: string,
  from: string,
  query: Readonly<Record<string, string>>,
  ...expect: (string | { context: `$${string}`; matches: string })[]
) =>
  step(id, "streamEvents", {
    as: OWNER,
    headers: { "Last-Event-ID": `$steps.${from}.outputs.at` },
    query,
    expect: [200, ...expect],
    outputs: { at: "$response.body#/1/id" },
    retry: { times: 10, everySeconds: 0.25 },
  });

export const resumedStream = workflow({
  id: "a-stream-goes-on-where-it-was",
  summary:
    "A stream that goes on after an event tells what happened since, in its order, once, and of one type if asked",
  steps: [
    signUp,
    newKey("key-before", ["brands:read"]),
    step("listen", "streamEvents", {
      as: OWNER,
      expect: [200, "!$response.body#/0/event"],
      outputs: { at: "$response.body#/0/id" },
    }),
    newKey("create-key", ["brands:read"]),
    step("revoke-it", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200],
    }),
    goOn(
      "be-told-both",
      "listen",
      {},
      "$response.body#/1/event == 'api_key.created'",
      "$response.body#/1/data/type == 'api_key.created'",
      "$response.body#/1/data/payload/data/id == $steps.create-key.outputs.id",
      "$response.body#/2/event == 'api_key.revoked'",
      "$response.body#/2/data/payload/data/id == $steps.create-key.outputs.id",
      "!$response.body#/3",
    ),
    goOn(
      "be-told-the-second",
      "be-told-both",
      {},
      "$response.body#/1/event == 'api_key.revoked'",
      "!$response.body#/2",
    ),
    goOn(
      "be-told-of-creations",
      "listen",
      { type: "api_key.created" },
      "$response.body#/1/event == 'api_key.created'",
      {
        context: "$response.body",
        matches: "^(?!.*api_key\\.revoked)",
      },
    ),
    goOn(
      "be-told-of-revocations",
      "listen",
      { type: "api_key.revoked" },
      "$response.body#/1/event == 'api_key.revoked'",
      { context: "$response.body", matches: "^(?!.*api_key\\.created)" },
    ),
    step("see-the-same-event", "listEvents", {
      as: OWNER,
      query: { type: "api_key.revoked" },
      expect: [200, "$response.body#/count == 1"],
    }),
  ],
});
