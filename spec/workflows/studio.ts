import { brand, OWNER, persona, signUp, step, workflow } from "./steps.ts";

const setStatus = (id: string, status: "active" | "archived") =>
  step(id, "updateBrand", {
    as: OWNER,
    params: { brand_id: "$steps.first.outputs.id" },
    body: { status },
    expect: [200, `$response.body#/status == '${status}'`],
  });

export const archivedBrand = workflow({
  id: "an-archived-brand-takes-no-persona",
  summary: "An archived brand keeps what it has and takes no new persona, until it is active again",
  steps: [
    signUp,
    brand("first"),
    persona("before", "Before", 201),
    setStatus("archive-it", "archived"),
    persona("meanwhile", "Meanwhile", 409),
    step("keeps-what-it-has", "listPersonas", {
      as: OWNER,
      query: { brand_id: "$steps.first.outputs.id" },
      expect: [200, "$response.body#/count == 1"],
    }),
    setStatus("make-it-active", "active"),
    persona("after", "After", 201),
  ],
});

export const wholeOrder = workflow({
  id: "the-order-of-brands-is-whole",
  summary: "Putting brands in order wants each of them once; places then run from 0 without a gap",
  steps: [
    signUp,
    brand("first"),
    brand("second"),
    brand("third"),
    step("leave-one-out", "reorderBrands", {
      as: OWNER,
      body: { brand_ids: ["$steps.third.outputs.id", "$steps.first.outputs.id"] },
      expect: [409],
    }),
    step("see-it-unchanged", "listBrands", {
      as: OWNER,
      expect: [200, "$response.body#/data/0/id == $steps.first.outputs.id", "$response.body#/data/2/position == 2"],
    }),
    step("turn-it-round", "reorderBrands", {
      as: OWNER,
      body: { brand_ids: ["$steps.third.outputs.id", "$steps.second.outputs.id", "$steps.first.outputs.id"] },
      expect: [
        200,
        "$response.body#/data/0/id == $steps.third.outputs.id",
        "$response.body#/data/0/position == 0",
        "$response.body#/data/1/position == 1",
        "$response.body#/data/2/position == 2",
      ],
    }),
    step("see-it-turned", "listBrands", {
      as: OWNER,
      expect: [
        200,
        "$response.body#/data/0/id == $steps.third.outputs.id",
        "$response.body#/data/1/id == $steps.second.outputs.id",
        "$response.body#/data/2/id == $steps.first.outputs.id",
      ],
    }),
  ],
});

export const newBrandLast = workflow({
  id: "a-new-brand-comes-last",
  summary: "A new brand follows all others in their order, also after one of them was deleted",
  steps: [
    signUp,
    brand("first"),
    brand("second"),
    brand("third"),
    step("delete-the-first", "deleteBrand", {
      as: OWNER,
      params: { brand_id: "$steps.first.outputs.id" },
      expect: [204],
    }),
    step("create-another", "createBrand", {
      as: OWNER,
      body: { name: "Fourth", slug: "fourth" },
      expect: [201, "$response.body#/position > $steps.third.outputs.position"],
      outputs: { id: "$response.body#/id" },
    }),
    step("see-it-last", "listBrands", {
      as: OWNER,
      expect: [200, "$response.body#/count == 3", "$response.body#/data/2/id == $steps.create-another.outputs.id"],
    }),
  ],
});

export const slugTakenOnce = workflow({
  id: "a-slug-is-taken-once",
  summary: "The slug of a brand is unique in its organization, and free again once the brand is deleted",
  steps: [
    signUp,
    brand("first"),
    step("take-it-again", "createBrand", { as: OWNER, body: { name: "Other", slug: "first" }, expect: [409] }),
    step("delete-it", "deleteBrand", {
      as: OWNER,
      params: { brand_id: "$steps.first.outputs.id" },
      expect: [204],
    }),
    step("take-it-now", "createBrand", { as: OWNER, body: { name: "Other", slug: "first" }, expect: [201] }),
  ],
});

export const brandWithPersonas = workflow({
  id: "a-brand-with-personas-stays",
  summary: "A brand cannot be deleted while it has personas; once they are gone it can",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    step("delete-it", "deleteBrand", {
      as: OWNER,
      params: { brand_id: "$steps.first.outputs.id" },
      expect: [409],
    }),
    step("delete-the-persona", "deletePersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      expect: [204],
    }),
    step("delete-it-now", "deleteBrand", {
      as: OWNER,
      params: { brand_id: "$steps.first.outputs.id" },
      expect: [204],
    }),
  ],
});

const search = (id: string, name: string, count: number) =>
  step(id, "listPersonas", { as: OWNER, query: { name }, expect: [200, `$response.body#/count == ${count}`] });

export const personasByName = workflow({
  id: "personas-are-found-in-any-case",
  summary: "Personas are found by a part of their name, in upper and lower case alike; a name is a brand's once",
  steps: [
    signUp,
    brand("first"),
    persona("studio-nora", "Studio Nora", 201),
    persona("studio-tom", "Studio Tom", 201),
    persona("studio-nora-again", "Studio Nora", 409),
    search("in-capitals", "NORA", 1),
    search("in-small-letters", "nora", 1),
    search("by-a-part", "studio", 2),
    search("by-what-none-has", "ida", 0),
  ],
});
