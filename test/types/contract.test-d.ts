/** Checked by `tsc`, never run: what must not compile in a contract. */
import { none } from "../../spec/kit/media.ts";
import { id, input, schema, z } from "../../spec/kit/schema.ts";
import { collect, vocabulary } from "../../spec/kit/vocabulary.ts";

const { operation } = vocabulary({
  scopes: { "things:read": "Read things" },
  tags: { Things: "Things." },
  params: { thing_id: id("thg") },
});

const Thing = schema("TypedThing", "A thing", { id: id("thg") });
const base = { method: "get", path: "/things", tag: "Things", summary: "S", scopes: ["things:read"] } as const;
const answers = { 200: Thing, 204: none("Nothing") };

export const fits = operation({ id: "fits", ...base, path: "/things/{thing_id}", responses: answers });

// @ts-expect-error a scope of another vocabulary
export const scope = operation({ id: "scope", ...base, scopes: ["things:burn"], responses: answers });

// @ts-expect-error one unknown scope among several, under anyOf
export const anyOf = operation({ id: "anyOf", ...base, scopes: { anyOf: ["things:read", "x"] }, responses: answers });

// @ts-expect-error a tag of another vocabulary
export const tag = operation({ id: "tag", ...base, tag: "Thing", responses: answers });

// @ts-expect-error a path parameter of another vocabulary
export const param = operation({ id: "param", ...base, path: "/things/{thing}", responses: answers });

// @ts-expect-error a misspelled word of policy
export const word = operation({ id: "word", ...base, creditz: 3, responses: answers });

// @ts-expect-error a status that no operation answers
export const status = operation({ id: "status", ...base, responses: { 200: Thing, 418: Thing } });

// @ts-expect-error errors come from policy and `errors`, not from responses
export const error = operation({ id: "error", ...base, responses: { ...answers, 404: Thing } });

// @ts-expect-error a code that the registry does not have
export const code = operation({ id: "code", ...base, errors: ["TEAPOT"], responses: answers });

// @ts-expect-error a way to authenticate that does not exist
export const auth = operation({ id: "auth", ...base, auth: "cookie", responses: answers });

// @ts-expect-error a misspelled word within a word
export const deep = operation({ id: "deep", ...base, limits: { perMinit: 3 }, responses: answers });

// @ts-expect-error an operation without an answer
export const silent = operation({ id: "silent", ...base });

// @ts-expect-error schema() wants its description
schema("Undescribed", { id: z.string() });

const Input = input("TypedInput", "An input", { name: z.string().describe("Name").meta({ example: "a" }) });
const contract = collect({ fits, Thing, Input, PAGE: 20 }, []);

export const ids: "fits" = null as unknown as keyof typeof contract;
