import { brand, OWNER, persona, signUp, step, workflow } from "./steps.ts";

const counted = (id: string, brands: number, personas: number, sources: number) =>
  step(id, "getUsage", {
    as: OWNER,
    expect: [
      200,
      `$response.body#/brands == ${brands}`,
      `$response.body#/personas == ${personas}`,
      `$response.body#/sources == ${sources}`,
    ],
  });

const source = (id: string) =>
  step(id, "createSource", {
    as: OWNER,
    body: { persona_id: "$steps.persona.outputs.id", url: `https://feeds.example.com/${id}.xml` },
    expect: [201],
    outputs: { id: "$response.body#/id" },
  });

export const countsGoBack = workflow({
  id: "usage-counts-what-is-there",
  summary: "The usage of an organization counts its brands, personas and sources, and no deleted one",
  steps: [
    signUp,
    counted("count-none", 0, 0, 0),
    brand("first"),
    persona("persona", "Studio Nora", 201),
    source("source"),
    source("second-source"),
    counted("count-them", 1, 1, 2),
    step("delete-a-source", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.source.outputs.id" },
      expect: [204],
    }),
    counted("count-one-source", 1, 1, 1),
    step("delete-the-other", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.second-source.outputs.id" },
      expect: [204],
    }),
    step("delete-the-persona", "deletePersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      expect: [204],
    }),
    step("delete-the-brand", "deleteBrand", {
      as: OWNER,
      params: { brand_id: "$steps.first.outputs.id" },
      expect: [204],
    }),
    counted("count-none-again", 0, 0, 0),
  ],
});
