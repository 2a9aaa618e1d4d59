import { listed } from "./build.ts";
import { FORMATS } from "./formats.ts";
import type { Node } from "./node.ts";
import { rangeOf, steps } from "./numbers.ts";
import { patternOf } from "./patterns.ts";
import { randomOf } from "./random.ts";
import { allOf, type Branch, bound } from "./shape.ts";
import { lazily, put, type SpotEdge } from "./spot.ts";
import { textsOf } from "./strings.ts";
import { NUL, UNUSUAL } from "./text.ts";

/** Texts longer than this prove what shorter ones prove: they are not built. */
const LONGEST = 100_000;
const MOST_MEMBERS = 50;
/** Matches longer than this are not tried character by character. */
const LONGEST_MATCH = 64;

/** The boundaries of a branch that lists its values: each of them, and strangers that look like them. */
export function memberEdges(node: Node, branch: Branch): SpotEdge[] {
  const values = listed(node, branch) ?? [];
  const holder = branch.parts.find(({ schema }) => schema.enum !== undefined || "const" in schema);
  const keyword = holder && "const" in holder.schema ? "const" : "enum";
  const path = holder?.path ?? "";
  const edges = values
    .slice(0, MOST_MEMBERS)
    .map((one) => put("valid", keyword, path, `member ${JSON.stringify(one)}`, one));
  for (const one of values.slice(0, 3)) {
    const strangers: Record<string, unknown> =
      typeof one === "string"
        ? {
            "a stranger": `${one}x`,
            "upper case": one.toUpperCase(),
            capital: one.charAt(0).toUpperCase() + one.slice(1),
            "blank after": `${one} `,
            "part of it": one.slice(0, -1),
          }
        : typeof one === "number"
          ? {
              "a stranger": Math.max(...values.filter((other) => typeof other === "number")) + 1,
              "as text": String(one),
            }
          : typeof one === "boolean"
            ? { "the other": !one }
            : { "a stranger": Array.isArray(one) ? [...one, one] : { ...Object(one), stranger: 1 } };
    for (const [what, value] of Object.entries(strangers)) edges.push(put("invalid", keyword, path, what, value));
  }
  if (branch.type === "string") edges.push(put("invalid", keyword, path, "empty", ""));
  return edges;
}

/** The boundaries of numbers: each limit, one step beyond, and what is no multiple. */
export function numberEdges(branch: Branch): SpotEdge[] {
  const range = rangeOf(branch);
  const edges: SpotEdge[] = [];
  const { low, high, step, least, greatest, stepPath } = range;
  if (least > greatest) return [];
  const beyond = step ?? 1;
  for (const [limit, nearest, way] of [
    [low, least, -1],
    [high, greatest, 1],
  ] as const) {
    if (!limit) continue;
    const { keyword, path, value, open } = limit;
    edges.push(put("valid", keyword, path, open ? "just inside" : "at the limit", nearest));
    if (open) edges.push(put("invalid", keyword, path, "at the limit", value));
    edges.push(
      put(
        "invalid",
        keyword,
        path,
        "one beyond",
        step === undefined ? value + way : steps(Math.round(nearest / beyond) + way, beyond),
      ),
    );
    if (branch.type === "number" && step === undefined) {
      edges.push(put("invalid", keyword, path, "a hair beyond", value + way * Math.max(Math.abs(value) * 1e-9, 1e-9)));
    }
    edges.push(put("invalid", keyword, path, "far beyond", way * 1e15));
  }
  for (const { value, path } of allOf(branch.parts, "multipleOf")) {
    edges.push(
      put("valid", "multipleOf", path, "a multiple", greatest),
      put("valid", "multipleOf", path, "the least multiple", least),
    );
    edges.push(put("invalid", "multipleOf", path, "between multiples", least + Number(value) / 2));
    if (Number(value) > 1) edges.push(put("invalid", "multipleOf", path, "one more than a multiple", least + 1));
  }
  if (branch.type === "integer") {
    edges.push(put("invalid", "type", stepPath, "a fraction", Math.min(least + 0.5, greatest + 0.5)));
  }
  for (const { value: format, path } of allOf(branch.parts, "format")) {
    if (format === "int32" || format === "int64") {
      const far = format === "int32" ? 2 ** 31 : 2 ** 63;
      edges.push(
        put("valid", "format", path, "the greatest", greatest),
        put("valid", "format", path, "the least", least),
      );
      edges.push(
        put("invalid", "format", path, `more than ${format}`, far),
        put("invalid", "format", path, `less than ${format}`, format === "int32" ? -far - 1 : -far * 2),
      );
    }
  }
  if (!low && !high)
    for (const one of [0, -1, least, greatest])
      edges.push(put("valid", "type", branch.parts[0]?.path ?? "", `the number ${one}`, one));
  return edges;
}

/** Texts near one that matches: what careless patterns still let through. */
function nearMisses(text: string): Record<string, string> {
  const swapped = text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase();
  return {
    "line break after": `${text}\n`,
    "line before": `x\n${text}`,
    "line after": `${text}\nx`,
    "blank before": ` ${text}`,
    "blank after": `${text} `,
    "one sign more": `${text}!`,
    "one more of the last": `${text}${[...text].at(-1) ?? ""}`,
    "one less": [...text].slice(0, -1).join(""),
    "first dropped": [...text].slice(1).join(""),
    "other case": swapped,
    "full width": text.replace(/[0-9a-zA-Z]/, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
    "a sign within": `${text.slice(0, text.length >> 1)}~${text.slice((text.length >> 1) + 1)}`,
    blank: " ",
    empty: "",
    "not ASCII": "ßé",
  };
}

/** A match with the ends of the usual character classes wherever they may stand: a copied pattern often stops short. */
function classEnds(match: string, fits: (text: string) => boolean): Record<string, string> {
  if (match.length > LONGEST_MATCH) return {};
  const points = [...match];
  const found = [..."azAZ09"].map((end) => {
    const at = new Set([...points.keys()].filter((i) => fits(points.with(i, end).join(""))));
    return [`${end} wherever it may be`, points.map((c, i) => (at.has(i) ? end : c)).join("")] as const;
  });
  return Object.fromEntries(found.filter(([, text]) => text !== match && fits(text)));
}

/** The boundaries of texts: lengths in code points, patterns and formats, and what is unusual where anything goes. */
export function textEdges(node: Node, branch: Branch): SpotEdge[] {
  const texts = textsOf(node.view, branch);
  const edges: SpotEdge[] = [];
  const least = bound(branch.parts, "minLength", "most");
  const most = bound(branch.parts, "maxLength", "least");
  const lengths = [
    { limit: least, keyword: "minLength", beyond: -1 },
    { limit: most, keyword: "maxLength", beyond: 1 },
  ];
  for (const { limit, keyword, beyond } of lengths) {
    if (!limit || limit.value > LONGEST) continue;
    const { value: n, path } = limit;
    for (const [side, length] of [
      ["valid", n],
      ["invalid", n + beyond],
    ] as const) {
      if (length < 0) continue;
      const make = () => texts.ofLength(length) ?? (side === "invalid" ? "x".repeat(length) : NONE_FOUND);
      edges.push(lazily(side, { keyword, path, what: `${length} characters` }, make));
      if (length > 0)
        edges.push(lazily(side, { keyword, path, what: `${length} astral characters` }, () => "😀".repeat(length)));
    }
  }
  const random = randomOf(3);
  const samples = [
    ...new Set([...texts.examples, ...Array.from({ length: 3 }, () => texts.make(random, false) ?? "")]),
  ].slice(0, 3);
  for (const { value, path } of allOf(branch.parts, "pattern")) {
    const pattern = patternOf(String(value));
    edges.push(...samples.map((one, i) => put("valid", "pattern", path, `match ${i + 1}`, one)));
    const least = texts.ofLength(texts.least);
    if (least !== undefined) edges.push(put("valid", "pattern", path, "the shortest match", least));
    for (const [what, text] of Object.entries(classEnds(samples[0] ?? "", (text) => quietly(() => pattern.test(text)))))
      edges.push(put("valid", "pattern", path, what, text));
    for (const [what, text] of Object.entries(nearMisses(samples[0] ?? "x"))) {
      if (!quietly(() => pattern.test(text))) edges.push(put("invalid", "pattern", path, what, text));
    }
  }
  for (const { value: name, path } of allOf(branch.parts, "format")) {
    const format = FORMATS[String(name)];
    for (const [what, text] of Object.entries(format?.valid ?? {}))
      edges.push(put("valid", "format", path, `${name}: ${what}`, text));
    for (const [what, text] of Object.entries(format?.invalid ?? {}))
      edges.push(put("invalid", "format", path, `${name}: ${what}`, text));
  }
  const isNamed = allOf(branch.parts, "format").length > 0;
  const path = branch.parts[0]?.path ?? "";
  for (const { what, text } of isNamed && !texts.isFree ? [] : [...UNUSUAL, NUL]) {
    if (texts.isRight(text)) edges.push(put("valid", "type", path, what, text));
  }
  return edges;
}

const NONE_FOUND = undefined;

/** Whether a test holds; a pattern that takes too long counts as one that does, so that nothing is claimed of it. */
function quietly(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return true;
  }
}
