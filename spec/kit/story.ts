import type { Document } from "./document.ts";
import { nameOf, type Output, type Schema, z } from "./schema.ts";
import type { Json } from "./tidy.ts";

/** Examples of a named schema that belong together, instead of the one put together from its fields. */
export type Told = { readonly name: string; readonly items: readonly Json[] };
/** What one answer of an operation shows, where the example of its schema would not be its answer. */
export type Answered = { readonly id: string; readonly status: string; readonly value: Json };
/** The examples of a whole document, told as one story: what refers to each other is there, and times are in order. */
export type Story = { readonly told: readonly Told[]; readonly answered: readonly Answered[] };

function fitting(schema: Schema, value: unknown, where: string): Json {
  // Every schema is made by `z`; the type above only knows less of it.
  const parsed = (schema as z.ZodType).safeParse(value);
  if (!parsed.success) throw new Error(`The example of ${where} does not fit it: ${z.prettifyError(parsed.error)}`);
  // What an answer's schema gives is JSON.
  return parsed.data as Json;
}

/** Tells the examples of a schema: the first is shown alone, all of them in lists. Throws when one does not fit. */
export function told<S extends Schema>(schema: S, ...items: readonly [Output<S>, ...Output<S>[]]): Told {
  const name = nameOf(schema);
  if (!name) throw new Error("told() takes a named schema");
  return { name, items: items.map((item) => fitting(schema, item, name)) };
}

type AnswerOf<R, K extends keyof R> = R[K] extends Schema ? Output<R[K]> : never;

/** Tells what an operation answers with a status. Throws when it does not fit. */
export function answered<R extends object, K extends keyof R & number>(
  operation: { readonly id: string; readonly responses: R },
  status: K,
  value: AnswerOf<R, K>,
): Answered {
  const { id, responses } = operation;
  // `AnswerOf` leaves no value for an answer that has no schema.
  return { id, status: String(status), value: fitting(responses[status] as Schema, value, `${id}, ${status}`) };
}

type Node = { readonly [key: string]: Json };
const isNode = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const node = (value: Json | undefined): Node => (isNode(value) ? value : {});
/** The name that a schema, or the first of a union with null, refers to. */
function refOf(schema: Json | undefined): string | undefined {
  const { $ref, anyOf, oneOf } = node(schema);
  const [first] = [anyOf ?? oneOf ?? []].flat();
  const ref = $ref ?? node(first).$ref;
  return typeof ref === "string" ? ref.split("/").at(-1) : undefined;
}

/**
 * The document with a story's examples: in the schemas that it tells of, in all that hold those by `$ref` (lists show all of
 * them, and are their own last page), and in the answers that it names. Throws on what is not in the document.
 */
export function withStory(document: Document, story: Story): Document {
  const result = structuredClone(document);
  const schemas = result.components.schemas ?? {};
  const byName = new Map(story.told.map(({ name, items }) => [name, items]));

  const itemsOf = (name: string): readonly Json[] => {
    const known = byName.get(name);
    if (known) return known;
    const schema = node(schemas[name]);
    const [own] = Array.isArray(schema.examples) ? schema.examples : [];
    if (!isNode(own)) return [];
    const made: { [key: string]: Json } = { ...own };
    for (const [key, field] of Object.entries(node(schema.properties))) {
      const one = refOf(field);
      const many = refOf(node(field).items);
      const held = byName.has(many ?? "") ? itemsOf(many ?? "") : undefined;
      if (one !== undefined && key in made) made[key] = itemsOf(one)[0] ?? made[key] ?? null;
      if (held) made[key] = [...held];
      if (held && "count" in made) made.count = held.length;
      if (held && "next_cursor" in made) made.next_cursor = null;
    }
    return [made];
  };
  for (const [name, schema] of Object.entries(schemas)) {
    const [first] = itemsOf(name);
    if (first !== undefined && isNode(schema)) schema.examples = [first];
  }
  for (const name of byName.keys())
    if (!(name in schemas)) throw new Error(`The story tells of ${name}, which is none`);

  const operations = Object.values(result.paths).flatMap((item) => Object.values(item));
  for (const { id, status, value } of story.answered) {
    const operation = operations.find(({ operationId }) => operationId === id);
    const media = node(node(node(node(operation).responses)[status]).content)["application/json"];
    if (!isNode(media)) throw new Error(`The story has an answer of ${id} with ${status}, which it never gives`);
    media.example = value;
  }
  return result;
}
