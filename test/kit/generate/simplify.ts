const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The length of a value as JSON: what `simpler` makes less of. */
export const weight = (value: unknown): number => JSON.stringify(value)?.length ?? 0;

/** Longer texts are cut at their ends only: there are too many ways to cut them within. */
const SHORT = 200;

function* simplerText(text: string): Iterable<string> {
  const points = [...text];
  for (let size = points.length; size >= 1; size >>= 1) {
    const last = points.length - size;
    const cuts =
      points.length > SHORT ? [last, 0] : Array.from({ length: Math.ceil(points.length / size) }, (_, i) => i * size);
    for (const at of cuts) yield points.toSpliced(at, size).join("");
  }
  const plain = text.replace(/[^\x20-\x7e]/gu, "x");
  if (plain !== text) yield plain;
}

/** Values like `value` and shorter as JSON, the shortest first: shrinking takes the first that still does what it should. */
export function* simpler(value: unknown): Iterable<unknown> {
  if (typeof value === "string") yield* simplerText(value);
  else if (typeof value === "number") {
    for (const one of [0, 1, Math.trunc(value), Math.trunc(value / 2), Number(value.toPrecision(2))]) {
      if (weight(one) < weight(value)) yield one;
    }
  } else if (Array.isArray(value)) {
    for (let size = value.length; size >= 1; size >>= 1) {
      for (let at = 0; at < value.length; at += size) yield value.toSpliced(at, size);
    }
    for (const [i, item] of value.entries()) for (const one of simpler(item)) yield value.with(i, one);
  } else if (isObject(value)) {
    const entries = Object.entries(value);
    for (let size = entries.length; size >= 1; size >>= 1) {
      for (let at = 0; at < entries.length; at += size) yield Object.fromEntries(entries.toSpliced(at, size));
    }
    for (const [i, [name, item]] of entries.entries()) {
      for (const one of simpler(item)) yield Object.fromEntries(entries.with(i, [name, one]));
    }
  }
}
