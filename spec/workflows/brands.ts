import { brand, counted, listing, OWNER, persona, signUp, step, workflow } from "./steps.ts";

const change = (id: string, body: { status?: "active" | "archived"; description?: string | null }, ...more: string[]) =>
  step(id, "updateBrand", {
    as: OWNER,
    params: { brand_id: "$steps.second.outputs.id" },
    body,
    expect: [200, ...more],
  });

const listed = (id: string, status: "active" | "archived", count: number, ...more: string[]) =>
  step(id, "listBrands", { as: OWNER, query: { status }, expect: [200, `$response.body#/count == ${count}`, ...more] });

const SECOND_IS_WHOLE = [
  "$response.body#/slug == 'second'",
  "$response.body#/position == 1",
  "$response.body#/name == 'Brand second'",
  "$response.body#/timezone == 'UTC'",
];

export const archivedBrandKeeps = workflow({
  id: "an-archived-brand-keeps-its-place",
  summary:
    "An archived brand keeps its slug, its place and all it has, is counted, and can be changed and active again",
  steps: [
    signUp,
    counted("count-none", "brands", 0),
    brand("first"),
    brand("second"),
    change("describe-it", { description: "Roasted on Mondays" }, ...SECOND_IS_WHOLE),
    change(
      "archive-it",
      { status: "archived" },
      "$response.body#/description == 'Roasted on Mondays'",
      ...SECOND_IS_WHOLE,
    ),
    brand("third"),
    listed("see-the-archived", "archived", 1, "$response.body#/data/0/id == $steps.second.outputs.id"),
    listed("see-the-active", "active", 2, "$response.body#/data/1/position == 2"),
    counted("count-all", "brands", 3),
    step("take-its-slug", "createBrand", { as: OWNER, body: { name: "Other", slug: "second" }, expect: [409] }),
    change(
      "change-it",
      { description: null },
      "$response.body#/description == null",
      "$response.body#/status == 'archived'",
    ),
    change("make-it-active", { status: "active" }, "$response.body#/description == null", ...SECOND_IS_WHOLE),
    listed("see-all-active", "active", 3, "$response.body#/data/1/id == $steps.second.outputs.id"),
    step("delete-it", "deleteBrand", {
      as: OWNER,
      params: { brand_id: "$steps.second.outputs.id" },
      expect: [204],
    }),
    counted("count-two", "brands", 2),
  ],
});

export const strangeOrder = workflow({
  id: "the-order-names-what-is-there",
  summary: "An order that names a brand which is not there is refused as a whole, and says what is missing and unknown",
  steps: [
    signUp,
    brand("first"),
    brand("second"),
    brand("third"),
    step("delete-the-third", "deleteBrand", {
      as: OWNER,
      params: { brand_id: "$steps.third.outputs.id" },
      expect: [204],
    }),
    step("name-the-third", "reorderBrands", {
      as: OWNER,
      body: { brand_ids: ["$steps.third.outputs.id", "$steps.second.outputs.id", "$steps.first.outputs.id"] },
      expect: [409],
    }),
    step("name-one-twice", "reorderBrands", {
      as: OWNER,
      body: { brand_ids: ["$steps.second.outputs.id", "$steps.first.outputs.id", "$steps.second.outputs.id"] },
      expect: [400],
    }),
    step("see-it-unchanged", "listBrands", {
      as: OWNER,
      expect: [200, "$response.body#/data/0/id == $steps.first.outputs.id", "$response.body#/data/0/position == 0"],
    }),
  ],
});

const named = (id: string, brand: "first" | "second", name: string, status: 201 | 409) =>
  step(id, "createPersona", {
    as: OWNER,
    body: { brand_id: `$steps.${brand}.outputs.id`, name },
    expect: [status],
    ...(status === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

const found = listing("listPersonas");

const FIRST = "$steps.first.outputs.id";

export const nameOfABrand = workflow({
  id: "a-name-is-a-personas-of-one-brand",
  summary: "Two brands may have a persona of one name, a brand has it once; changed or deleted, it is free again",
  steps: [
    signUp,
    brand("first"),
    brand("second"),
    counted("count-none", "personas", 0),
    named("nora", "first", "Nora", 201),
    named("nora-of-the-second", "second", "Nora", 201),
    named("tom", "first", "Tom", 201),
    counted("count-three", "personas", 3),
    step("call-tom-nora", "updatePersona", {
      as: OWNER,
      params: { persona_id: "$steps.tom.outputs.id" },
      body: { name: "Nora" },
      expect: [409],
    }),
    step("call-nora-ida", "updatePersona", {
      as: OWNER,
      params: { persona_id: "$steps.nora.outputs.id" },
      body: { name: "Ida" },
      expect: [200, `$response.body#/brand_id == ${FIRST}`],
    }),
    named("a-new-nora", "first", "Nora", 201),
    step("delete-tom", "deletePersona", {
      as: OWNER,
      params: { persona_id: "$steps.tom.outputs.id" },
      expect: [204],
    }),
    named("a-new-tom", "first", "Tom", 201),
    counted("count-four", "personas", 4),
  ],
});

export const filtersTogether = workflow({
  id: "filters-of-personas-hold-together",
  summary: "Personas are listed newest first; several filters all hold, and a name is looked for as it is written",
  steps: [
    signUp,
    brand("first"),
    brand("second"),
    named("one", "first", "100% Nora_1", 201),
    named("two", "first", "Nora of the day", 201),
    named("three", "second", "Nora", 201),
    step("archive-the-second", "updatePersona", {
      as: OWNER,
      params: { persona_id: "$steps.two.outputs.id" },
      body: { status: "archived" },
      expect: [200, "$response.body#/name == 'Nora of the day'", "$response.body#/bio == null"],
    }),
    found("all", {}, "three", "two", "one"),
    found("of-the-brand", { brand_id: FIRST }, "two", "one"),
    found("of-the-brand-and-active", { brand_id: FIRST, status: "active", name: "nora" }, "one"),
    found("archived", { status: "archived" }, "two"),
    found("archived-of-the-other", { status: "archived", brand_id: "$steps.second.outputs.id" }),
    found("a-percent-sign", { name: "0% n" }, "one"),
    found("no-pattern", { name: "n%a" }),
    found("no-pattern-either", { name: "a_1" }, "one"),
    found("no-pattern-at-all", { name: "nora_" }, "one"),
  ],
});

export const archivedTakesNothing = workflow({
  id: "what-is-archived-takes-no-source",
  summary: "No source is made for an archived persona or in an archived brand, and nothing of them is synced",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Nora", 201),
    step("source", "createSource", {
      as: OWNER,
      body: { persona_id: "$steps.persona.outputs.id", url: "https://feeds.example.com/a.xml" },
      expect: [201],
      outputs: { id: "$response.body#/id" },
    }),
    ...(["persona", "brand"] as const).flatMap((what) => [
      what === "brand"
        ? step("archive-brand", "updateBrand", {
            as: OWNER,
            params: { brand_id: FIRST },
            body: { status: "archived" },
            expect: [200],
          })
        : step("archive-persona", "updatePersona", {
            as: OWNER,
            params: { persona_id: "$steps.persona.outputs.id" },
            body: { status: "archived" },
            expect: [200],
          }),
      step(`make-a-source-in-an-archived-${what}`, "createSource", {
        as: OWNER,
        body: { persona_id: "$steps.persona.outputs.id", url: "https://feeds.example.com/b.xml" },
        expect: [409],
      }),
      step(`sync-the-source-in-an-archived-${what}`, "syncSource", {
        as: OWNER,
        params: { source_id: "$steps.source.outputs.id" },
        body: {},
        expect: [409],
      }),
      step(`sync-the-persona-in-an-archived-${what}`, "syncPersona", {
        as: OWNER,
        params: { persona_id: "$steps.persona.outputs.id" },
        body: {},
        expect: [409],
      }),
      step(`plan-nothing-in-an-archived-${what}`, "updateSource", {
        as: OWNER,
        params: { source_id: "$steps.source.outputs.id" },
        body: { name: `In an archived ${what}` },
        expect: [200, "$response.body#/next_sync_at == null"],
      }),
      ...(what === "persona"
        ? [
            step("make-the-persona-active", "updatePersona", {
              as: OWNER,
              params: { persona_id: "$steps.persona.outputs.id" },
              body: { status: "active" },
              expect: [200],
            }),
          ]
        : []),
    ]),
    step("make-the-brand-active", "updateBrand", {
      as: OWNER,
      params: { brand_id: FIRST },
      body: { status: "active" },
      expect: [200],
    }),
    step("plan-it-again", "updateSource", {
      as: OWNER,
      params: { source_id: "$steps.source.outputs.id" },
      body: { name: null },
      expect: [200, "$response.body#/next_sync_at > $response.body#/created_at"],
    }),
  ],
});
