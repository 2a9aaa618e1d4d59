import type fc from "fast-check";
import type { JsonSchema } from "../document.ts";
import { FORMATS } from "./formats.ts";
import { randomOf } from "./random.ts";
import { allOf, type Branch, bound, type Part } from "./shape.ts";
import type { View } from "./source.ts";
import { fitted, lengthOf, matching, NUL, plain, stretched, UNUSUAL } from "./text.ts";

/** Length of the texts that stand for "as long as you like", in characters. */
const VERY_LONG = 10_000;
/** How much longer than it must be a text usually is. */
const USUAL_EXTRA = 24;
const TRIES = 20;

/** How texts of one branch are made. */
export type Texts = {
  readonly least: number;
  readonly most: number;
  readonly isRight: (text: string) => boolean;
  /** Nothing but its length holds a text back. */
  readonly isFree: boolean;
  make(random: fc.Random, nul: boolean): string | undefined;
  /** A text of exactly this many code points that is right but for its length, where one is found. */
  ofLength(length: number): string | undefined;
  readonly examples: readonly string[];
};

/** What some keywords of all parts say together. */
const only = (parts: readonly Part[], words: readonly string[]): JsonSchema => ({
  type: "string",
  allOf: parts.map(({ schema }) =>
    Object.fromEntries(words.flatMap((word) => (word in schema ? [[word, schema[word]]] : []))),
  ),
});

const texts = new WeakMap<Branch, Texts>();

/** The texts of a branch of type string. */
export function textsOf(view: View, branch: Branch): Texts {
  const known = texts.get(branch);
  if (known) return known;
  const made = makeTexts(view, branch);
  texts.set(branch, made);
  return made;
}

function makeTexts(view: View, branch: Branch): Texts {
  const { parts } = branch;
  const least = bound(parts, "minLength", "most")?.value ?? 0;
  const most = bound(parts, "maxLength", "least")?.value ?? Number.POSITIVE_INFINITY;
  const patterns = allOf(parts, "pattern").map(({ value }) => String(value));
  const formats = allOf(parts, "format").map(({ value }) => String(value));
  const isFree = patterns.length === 0 && formats.every((name) => name === "password" || name === "binary");
  const shape = only(parts, ["pattern", "format"]);
  const isShaped = (text: string) => isFree || view.source.fits(view.side, shape, text);
  const isRight = (text: string) => {
    const length = lengthOf(text);
    return length >= least && length <= most && isShaped(text);
  };
  const examples = parts
    .flatMap(({ schema }) => [schema.examples, schema.example, schema.default].flat())
    .filter((one): one is string => typeof one === "string" && isRight(one));
  const format = formats.map((name) => FORMATS[name]).find((one) => one !== undefined);
  const known = patterns.map(matching).filter((one) => one !== undefined);

  const free = (random: fc.Random, nul: boolean): string => {
    const luck = random.nextInt(0, 99);
    if (luck < 70) return plain(random, random.nextInt(least, Math.min(most, least + USUAL_EXTRA)));
    if (luck === 70) return plain(random, Math.max(least, Math.min(most, VERY_LONG)));
    if (luck === 71 && nul) return fitted(NUL.text, least, most);
    if (luck < 76) return plain(random, least);
    return fitted(UNUSUAL[random.nextInt(0, UNUSUAL.length - 1)]?.text ?? "", least, most);
  };
  /** A candidate; it is right most of the time. */
  const candidate = (random: fc.Random, nul: boolean): string => {
    if (format) return format.make(random);
    const arbitrary = known[random.nextInt(0, Math.max(0, known.length - 1))];
    // A format that the judge does not know may have rules of its own: what is known to be of it is safe.
    if (examples.length > 0 && (formats.length > 0 || !arbitrary))
      return examples[random.nextInt(0, examples.length - 1)] ?? "";
    return arbitrary ? arbitrary.generate(random, undefined).value : free(random, nul);
  };
  const anyLength = (text: string): string | undefined => {
    const length = lengthOf(text);
    return stretched(text, Math.max(least, Math.min(most, length)), isRight);
  };
  return {
    least,
    most,
    isRight,
    isFree,
    examples,
    make(random, nul) {
      if (isFree) return least > most ? undefined : free(random, nul);
      // Where a pattern lets many texts through (`\S`), the unusual ones are tried too.
      if (!format && random.nextInt(0, 9) === 0) {
        const unusual = free(random, nul);
        if (isRight(unusual)) return unusual;
      }
      if (examples.length > 0 && random.nextInt(0, 19) === 0) return examples[random.nextInt(0, examples.length - 1)];
      for (let i = 0; i < TRIES; i++) {
        const text = candidate(random, nul);
        if (isRight(text)) return text;
        const right = i < 3 ? anyLength(text) : undefined;
        if (right !== undefined) return right;
      }
      return examples[0];
    },
    ofLength(length) {
      if (isFree) return "x".repeat(length);
      const random = randomOf(length);
      const seeds = [...examples, "x", ...Array.from({ length: 10 }, () => candidate(random, false))];
      for (const seed of seeds) {
        const found = stretched(seed, length, isShaped);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
