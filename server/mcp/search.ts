import type { ToolOperation } from "../../spec/kit/tools.ts";

/** `listSourcePosts` and "list source-posts" are the same words; a plural is its singular. */
const words = (text: string): string[] =>
  text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .map((word) => (word.length > 3 ? word.replace(/s$/, "") : word));

/** How much a word counts where it is found. */
const WEIGHTS = { name: 5, title: 4, tag: 3, description: 1 } as const;

/** The operations that fit some words best, best first; all of them, in the contract's order, when there are no words. */
export function searchOperations(all: readonly ToolOperation[], query: string, limit: number): ToolOperation[] {
  const wanted = [...new Set(words(query))];
  if (wanted.length === 0) return all.slice(0, limit);
  const scored = all.map((one) => {
    const texts = { name: one.tool.name, title: one.tool.title, tag: one.op.tag, description: one.tool.description };
    let score = 0;
    for (const [place, weight] of Object.entries(WEIGHTS)) {
      const there = new Set(words(texts[place as keyof typeof WEIGHTS]));
      for (const word of wanted) if (there.has(word)) score += weight;
    }
    return { one, score };
  });
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ one }) => one);
}
