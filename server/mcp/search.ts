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
const placesOf = ({ tool, op }: ToolOperation) =>
  [
    [5, tool.name],
    [4, tool.title],
    [3, op.tag],
    [1, tool.description],
  ] as const;

/** Every word of an operation, with how much it counts there. */
function weighed(one: ToolOperation): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const [weight, text] of placesOf(one))
    for (const word of new Set(words(text))) weights.set(word, (weights.get(word) ?? 0) + weight);
  return weights;
}

/** The operations that fit some words best, best first; all of them, in the contract's order, when there are no words. */
export function searchOperations(all: readonly ToolOperation[], query: string, limit: number): ToolOperation[] {
  const wanted = [...new Set(words(query))];
  if (wanted.length === 0) return all.slice(0, limit);
  const found = all.map((one) => ({ one, weights: weighed(one) }));
  // A word of few operations says much; "a" and "the" are almost everywhere, and say next to nothing.
  const rarity = wanted.map((word) => {
    const count = found.filter(({ weights }) => weights.has(word)).length;
    return [word, Math.log((all.length + 1) / (count + 0.5))] as const;
  });
  return found
    .map(({ one, weights }) => ({
      one,
      score: rarity.reduce((sum, [word, factor]) => sum + factor * (weights.get(word) ?? 0), 0),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ one }) => one);
}
