import { line, webUrl } from "./fields.ts";
import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { id, input, nullable, patch, schema, timestamp, z } from "./kit/schema.ts";
import { operation } from "./vocabulary.ts";

const name = line(80, "Shown to your team; unique in the brand", "Studio Nora");

const bio = nullable(
  z
    .string()
    .max(2000)
    .describe("Who the persona is, for people and for generation")
    .meta({ example: "A barista who explains one thing a day" }),
);

const voice = nullable(
  z
    .string()
    .max(200)
    .describe("How the persona speaks, or the name of a voice")
    .meta({ example: "warm, unhurried, Swiss German accent" }),
);

const avatarUrl = nullable(webUrl("https", "A picture of the persona, by https", "https://cdn.example.com/nora.png"));

const status = z.enum(["active", "archived"]).describe("An archived persona keeps its history and publishes nothing");

export const Persona = schema("Persona", "A face and voice of a brand", {
  id: id("per"),
  brand_id: id("brd", "The brand it belongs to"),
  name,
  bio,
  voice,
  avatar_url: avatarUrl,
  status,
  created_at: timestamp("When the persona was created"),
  updated_at: timestamp("When the persona last changed"),
});

export const PersonaInput = input("PersonaInput", "A new persona", {
  brand_id: id("brd", "The brand it belongs to"),
  name,
  bio: bio.optional(),
  voice: voice.optional(),
  avatar_url: avatarUrl.optional(),
});

export const PersonaPatch = patch("PersonaPatch", "What to change of a persona", {
  name,
  bio,
  voice,
  avatar_url: avatarUrl,
  status,
});

export const listPersonas = operation({
  id: "listPersonas",
  method: "get",
  path: "/v1/personas",
  tag: "Personas",
  summary: "List personas",
  description: "The organization's personas, newest first.",
  scopes: ["personas:read"],
  effect: { lists: "persona" },
  query: page.query({
    brand_id: id("brd", "Only personas of this brand").optional(),
    status: status.optional(),
    name: z
      .string()
      .min(1)
      .max(80)
      .describe("Only personas whose name contains this very text, in any case")
      .optional(),
  }),
  responses: { 200: page.of(Persona) },
});

export const createPersona = operation({
  id: "createPersona",
  method: "post",
  path: "/v1/personas",
  tag: "Personas",
  summary: "Create a persona",
  description:
    "A name that the brand already has is a 409, and so is an archived brand. Another brand may have it too.",
  scopes: ["personas:write"],
  idempotent: "key",
  effect: { creates: "persona" },
  body: PersonaInput,
  responses: { 201: Persona },
  errors: ["CONFLICT", "NOT_FOUND"],
});

export const getPersona = operation({
  id: "getPersona",
  method: "get",
  path: "/v1/personas/{persona_id}",
  tag: "Personas",
  summary: "Get a persona",
  scopes: ["personas:read"],
  effect: { reads: "persona" },
  responses: { 200: Persona },
});

export const updatePersona = operation({
  id: "updatePersona",
  method: "patch",
  path: "/v1/personas/{persona_id}",
  tag: "Personas",
  summary: "Update a persona",
  description: "A merge patch (RFC 7396): absent keeps, null clears.",
  scopes: ["personas:write"],
  effect: { updates: "persona" },
  body: PersonaPatch,
  responses: { 200: Persona },
  errors: ["CONFLICT"],
});

export const deletePersona = operation({
  id: "deletePersona",
  method: "delete",
  path: "/v1/personas/{persona_id}",
  tag: "Personas",
  summary: "Delete a persona",
  description: "While it has sources it is a 409: delete them first, or archive the persona.",
  scopes: ["personas:write"],
  effect: { deletes: "persona" },
  responses: { 204: none("The persona is gone") },
  errors: ["CONFLICT"],
});
