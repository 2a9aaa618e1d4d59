import fc from "fast-check";
import { patternOf } from "./patterns.ts";

/** Text that is right and that software gets wrong. The NUL is apart: see `ValueOptions`. */
export const UNUSUAL: readonly { what: string; text: string }[] = [
  { what: "empty", text: "" },
  { what: "astral", text: "𝒜𝒷𝒸 𠜎" },
  { what: "emoji joined", text: "👩‍👩‍👧‍👦🏳️‍🌈" },
  { what: "combining", text: "e\u0301a\u0308o\u0327\u0323" },
  { what: "right to left", text: "שלום \u202eعالم" },
  { what: "full width", text: "ＡＢＣ１２３" },
  { what: "Turkish case", text: "İıßſ" },
  { what: "blanks around", text: "  x  " },
  { what: "line breaks", text: "a\r\nb\tc\u2028d" },
  { what: "null as text", text: "null" },
  { what: "true as text", text: "true" },
  { what: "zero as text", text: "0" },
  { what: "number as text", text: "1e3" },
  { what: "quotes", text: 'O\'Brien "x" \\ `y`' },
  { what: "markup", text: "<b>&amp;</b>" },
  { what: "percent", text: "100%25 %s %00" },
  { what: "a path", text: "../../x" },
  { what: "a prototype's name", text: "__proto__" },
  { what: "one blank", text: " " },
  { what: "not in any font", text: "\u{10FFFD}\uFFFD\uFEFF" },
];
export const NUL = { what: "NUL", text: "a\u0000b" };

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.";

/** Plain text of a length in characters. */
export function plain(random: fc.Random, length: number): string {
  let text = "";
  while (text.length < length) {
    // One draw gives four letters of 64.
    let bits = random.nextInt(0, 0xffffff);
    for (let i = 0; i < 4 && text.length < length; i++, bits >>= 6) text += LETTERS[bits & 63];
  }
  return text;
}

/** The number of characters as JSON Schema counts them: code points. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) length--;
  }
  return length;
}

/** The text cut, or repeated and cut, to between `least` and `most` code points. */
export function fitted(text: string, least: number, most: number): string {
  const length = lengthOf(text);
  if (length >= least && length <= most) return text;
  const points = [...text];
  if (length > most) return points.slice(0, most).join("");
  return Array.from({ length: least }, (_, i) => points[i % points.length] ?? "x").join("");
}

/** Repetitions of a number written into a pattern beyond this make texts that nobody wants to build. */
const MOST_REPEATED = 20_000;

/** An arbitrary of texts that match a pattern; undefined where fast-check cannot read it (look-arounds, back references). */
export function matching(source: string): fc.Arbitrary<string> | undefined {
  const repeated = [...source.matchAll(/\{(\d+)/g)].reduce((all, [, n]) => all * Math.max(1, Number(n)), 1);
  if (repeated > MOST_REPEATED) return undefined;
  try {
    // Without anchors fast-check surrounds a match with anything, which makes many odd and few useful texts.
    const arbitrary = fc.stringMatching(patternOf(source).regExp, { size: "small" });
    return fc.sample(arbitrary, { numRuns: 20, seed: 1 }).some((text) => patternOf(source).test(text))
      ? arbitrary
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A text like `text` of exactly `length` code points that is still right, found by repeating or dropping its characters;
 * undefined where none is.
 */
export function stretched(text: string, length: number, isRight: (text: string) => boolean): string | undefined {
  const points = [...text];
  const places = [...new Set([points.length - 1, 0, points.length >> 1, ...points.keys()])].slice(0, 60);
  const missing = length - points.length;
  if (missing === 0) return isRight(text) ? text : undefined;
  for (const at of places) {
    const point = points[at] ?? "x";
    const tried =
      missing > 0
        ? [...points.slice(0, at + 1), point.repeat(missing), ...points.slice(at + 1)].join("")
        : [...points.slice(0, Math.max(0, at + missing)), ...points.slice(Math.max(0, at + missing) - missing)].join(
            "",
          );
    if (lengthOf(tried) === length && isRight(tried)) return tried;
  }
  return undefined;
}
