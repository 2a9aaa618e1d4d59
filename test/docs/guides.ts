import { readFile } from "node:fs/promises";

/** A fenced block of a guide: its language, the word after it, and what stands in it. */
export type Block = { readonly language: string; readonly word: string; readonly text: string; readonly line: number };

/**
 * The fenced blocks of a guide, in order. The word says what a block is for: `sh` alone is run, and the `json` or `http`
 * block after it is its answer; `sh elsewhere` is for a terminal that no test has, such as one where a server starts.
 */
export async function blocksOf(name: string): Promise<Block[]> {
  const text = await readFile(new URL(`../../spec/guides/${name}.md`, import.meta.url), "utf8");
  return [...text.matchAll(/^```(\w+)(?: (\w+))?\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1] ?? "",
    word: found[2] ?? "",
    text: (found[3] ?? "").trimEnd(),
    line: text.slice(0, found.index).split("\n").length,
  }));
}

/** A command of a guide with the answer that it shows, if it shows one. */
export type Shown = { readonly command: Block; readonly answer: Block | undefined };

/** The commands of a guide that are run, each with the answer shown right after it. */
export async function commandsOf(name: string): Promise<Shown[]> {
  const blocks = await blocksOf(name);
  return blocks.flatMap((command, index) => {
    if (command.language !== "sh" || command.word !== "") return [];
    const next = blocks[index + 1];
    return [{ command, answer: next?.word === "" && ["json", "http"].includes(next.language) ? next : undefined }];
  });
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What differs from run to run: ids, secrets, times, and whatever else is made anew. */
const VARIES = /^(\w{2,5}_[\w-]{10,}|whsec_.*|\d{4}-\d\d-\d\dT.*Z|ey[\w-]+\..*)$/;

/**
 * A path at which an answer is not of the form that a guide shows, or undefined. Shown strings, numbers and booleans
 * must be equal, but for ids, secrets and times; `"…"` stands for any text; an object may be cut short by a key `"…"`.
 */
export function differs(shown: Json, real: Json | undefined, path = "$"): string | undefined {
  if (real === undefined) return `${path} is not in the answer`;
  if (shown === "…") return undefined;
  if (typeof shown === "string" && typeof real === "string" && VARIES.test(shown)) {
    return VARIES.test(real) ? undefined : `${path}: ${real} is not of the form ${shown}`;
  }
  if (typeof shown !== "object" || shown === null) {
    return shown === real ? undefined : `${path}: ${JSON.stringify(real)} and not ${JSON.stringify(shown)}`;
  }
  if (typeof real !== "object" || real === null) return `${path}: ${JSON.stringify(real)} has no parts`;
  if (Array.isArray(shown) || Array.isArray(real)) {
    if (!Array.isArray(shown) || !Array.isArray(real)) return `${path}: one is a list`;
    if (shown.length !== real.length) return `${path}: ${real.length} and not ${shown.length} items`;
    return shown.map((item, at) => differs(item, real[at], `${path}[${at}]`)).find((one) => one !== undefined);
  }
  const isCut = "…" in shown;
  const keys = Object.keys(shown).filter((key) => key !== "…");
  const missing = isCut ? undefined : Object.keys(real).find((key) => !keys.includes(key));
  if (missing !== undefined) return `${path}.${missing} is not shown`;
  for (const key of keys) {
    const found = differs(shown[key] ?? null, real[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
