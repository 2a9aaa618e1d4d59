import { brand, OWNER, persona, signUp, step, workflow } from "./steps.ts";

const source = (id: string, status: 201 | 409) =>
  step(id, "createSource", {
    as: OWNER,
    body: { persona_id: "$steps.persona.outputs.id", url: "https://feeds.example.com/nora.xml" },
    expect: [status],
    ...(status === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

export const feedOnce = workflow({
  id: "a-feed-is-a-personas-once",
  summary: "A persona has a feed once, cannot be deleted while it has it, and can have it again when it is deleted",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    source("feed", 201),
    source("feed-again", 409),
    step("delete-the-persona", "deletePersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      expect: [409],
    }),
    step("delete-it", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.feed.outputs.id" },
      expect: [204],
    }),
    source("feed-now", 201),
  ],
});

export const pausedNotSynced = workflow({
  id: "what-rests-is-not-synced",
  summary: "A paused source is not synced by request, and neither are the sources of an archived persona",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    source("feed", 201),
    step("pause-it", "updateSource", {
      as: OWNER,
      params: { source_id: "$steps.feed.outputs.id" },
      body: { status: "paused" },
      expect: [200, "$response.body#/status == 'paused'", "$response.body#/next_sync_at == null"],
    }),
    step("sync-it", "syncSource", {
      as: OWNER,
      params: { source_id: "$steps.feed.outputs.id" },
      body: {},
      expect: [409],
    }),
    step("archive-the-persona", "updatePersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      body: { status: "archived" },
      expect: [200],
    }),
    step("sync-the-persona", "syncPersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      body: {},
      expect: [409],
    }),
  ],
});
