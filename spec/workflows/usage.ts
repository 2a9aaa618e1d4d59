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

/** Most bytes of a file under the plan `free`, of which it keeps ten. */
const FILE = 100_000_000;

const REFUSED = { 403: "PLAN_LIMIT", 413: "PAYLOAD_TOO_LARGE" } as const;

const announce = (id: string, size: number, status: 201 | 403 | 413) =>
  step(id, "createResumableUpload", {
    as: OWNER,
    body: { filename: `${id}.mp4`, size },
    expect: [status, ...(status === 201 ? [] : [`$response.body#/error/code == '${REFUSED[status]}'`])],
    ...(status === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

const stored = (id: string, bytes: number) =>
  step(id, "getUsage", { as: OWNER, expect: [200, `$response.body#/storage_bytes/used == ${bytes}`] });

const OTHERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].map((n) => `file-${n}`);

export const storageOfPlan = workflow({
  id: "files-stay-within-the-plan",
  summary:
    "A file, and all files together, have just the bytes of the plan; announced ones count until they are deleted",
  steps: [
    signUp,
    step("take-the-free-plan", "changeBillingPlan", { as: OWNER, body: { plan: "free" }, expect: [200] }),
    step("see-its-terms", "getUsage", {
      as: OWNER,
      expect: [
        200,
        `$response.body#/plan/file_bytes == ${FILE}`,
        `$response.body#/storage_bytes/limit == ${10 * FILE}`,
        "$response.body#/storage_bytes/used == 0",
      ],
    }),
    announce("a-byte-too-long", FILE + 1, 413),
    stored("nothing-yet", 0),
    announce("file-one", FILE, 201),
    stored("one-file", FILE),
    ...OTHERS.map((id) => announce(id, FILE, 201)),
    stored("all-of-it", 10 * FILE),
    announce("a-byte-too-many", 1, 403),
    step("delete-one", "deleteUpload", {
      as: OWNER,
      params: { upload_id: "$steps.file-two.outputs.id" },
      expect: [204],
    }),
    stored("one-less", 9 * FILE),
    announce("all-but-a-byte", FILE - 1, 201),
    announce("two-bytes-for-one", 2, 403),
    announce("the-last-byte", 1, 201),
    stored("all-of-it-again", 10 * FILE),
  ],
});
