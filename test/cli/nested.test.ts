import { expect, test } from "vitest";
import { type Given, inputOf } from "../../client/cli/input.ts";
import { processIo } from "../../client/cli/io.ts";
import type { Command } from "../../client/cli/table.ts";

const field = { in: "body", type: "string", about: "" } as const;
/** No operation of Reelmark has an object in its body; another contract may, and its table has such fields. */
const command: Command = {
  id: "createVoice",
  words: ["voices", "create"],
  tag: "Voices",
  summary: "Create a voice",
  about: "",
  method: "POST",
  params: [],
  body: "json",
  fields: [
    { ...field, name: "name", required: true },
    { ...field, name: "voice.tone", required: true, choices: ["warm", "dry"] },
    { ...field, name: "voice.speed", type: "number" },
    { ...field, name: "voice.rules", type: "json" },
    { ...field, name: "tags", list: true },
  ],
};

/** What that command would send. */
async function sent(flags: Readonly<Record<string, string | readonly string[]>>, body?: string, check = true) {
  const fields = new Map(command.fields.map((one) => [one.name, one]));
  const given: Given = new Map(
    Object.entries(flags).flatMap(([name, value]) => {
      const found = fields.get(name);
      return found ? [[found, value] as const] : [];
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
  await expect(sent({ name: "Nora" })).rejects.toThrow("--voice.tone");
  await expect(sent({ name: "Nora", "voice.tone": "dry", "voice.speed": "x" })).rejects.toThrow("a number");
  expect(await sent({ "voice.tone": "loud", "voice.rules": "[" }, undefined, false)).toEqual({
    voice: { tone: "loud", rules: "[" },
  });
});
