import { expect, test } from "vitest";
import { type Given, inputOf } from "../../client/cli/input.ts";
import { processIo } from "../../client/cli/io.ts";
import type { Command } from "../../client/cli/table.ts";
import { commandsModule } from "../../scripts/generate/cli.ts";

const text = { type: "string", description: "A text" };
const voice = {
  type: ["object", "null"],
  required: ["tone"],
  properties: {
    tone: { type: "string", enum: ["warm", "dry"] },
    speed: { type: "number" },
    rules: { type: "array", items: { type: "object" } },
  },
};
const schema = {
  type: "object",
  required: ["name", "voice"],
  properties: { name: text, voice, tags: { type: "array", items: text } },
};
/** No operation of Reelmark has an object in its body; another contract may. */
const document = {
  openapi: "3.1.0",
  info: { title: "Voices", version: "1" },
  paths: {
    "/v1/voices": {
      post: {
        operationId: "createVoice",
        summary: "Create a voice",
        tags: ["Voices"],
        "x-auth": "credential",
        requestBody: { content: { "application/json": { schema } } },
        responses: {},
      },
    },
  },
  "x-tagGroups": [],
  components: {},
};

/** What a command of that document would send. */
async function sent(flags: Readonly<Record<string, string | readonly string[]>>, body?: string, check = true) {
  // Only what the generator reads of a document.
  const source = commandsModule(document as unknown as Parameters<typeof commandsModule>[0]);
  const row = /^ {2}(\{.*\}),$/m.exec(source)?.[1] ?? "";
  const command = JSON.parse(row) as Command;
  const fields = new Map(command.fields.map((field) => [field.name, field]));
  const given: Given = new Map(
    Object.entries(flags).flatMap(([name, value]) => {
      const field = fields.get(name);
      return field ? [[field, value] as const] : [];
    }),
  );
  const io = processIo(new AbortController().signal);
  return (await inputOf(command, given, { check, ...(body !== undefined && { body }) }, io)).body;
}

test("fields within fields are flags with dots; what is no plain value is JSON", async () => {
  expect(await sent({ name: "Nora", "voice.tone": "warm", "voice.speed": "1.5", tags: ["a,b", "c"] })).toEqual({
    name: "Nora",
    voice: { tone: "warm", speed: 1.5 },
    tags: ["a", "b", "c"],
  });
  expect(await sent({ name: "Nora", "voice.tone": "dry", "voice.rules": '[{"say":"no"}]' })).toMatchObject({
    voice: { rules: [{ say: "no" }] },
  });
  // They are laid over a body, object within object.
  expect(await sent({ "voice.tone": "dry" }, '{"name": "Tom", "voice": {"tone": "warm", "speed": 2}}')).toEqual({
    name: "Tom",
    voice: { tone: "dry", speed: 2 },
  });
});

test("what is wrong or missing within a field is refused, unless the server shall judge", async () => {
  await expect(sent({ name: "Nora", "voice.tone": "loud" })).rejects.toThrow("--voice.tone must be one of warm, dry");
  await expect(sent({ name: "Nora", "voice.tone": "dry", "voice.speed": "x" })).rejects.toThrow("a number");
  expect(await sent({ "voice.tone": "loud", "voice.rules": "[" }, undefined, false)).toEqual({
    voice: { tone: "loud", rules: "[" },
  });
});
