/** One change of the contract, as those who call it see it. */
export type Finding = {
  /** `unclear` is what no tried value shows, but may break somebody: it wants a look, and a line of the changelog. */
  readonly kind: "breaking" | "unclear" | "compatible";
  /** What has changed, the same words for every operation that it concerns. */
  readonly what: string;
  /** The operation's id, or the event's name. */
  readonly subject: string;
  /** `POST /v1/brands`, or `event upload.ready`. */
  readonly place: string;
  /** A request or an answer that shows it: lines of text. */
  readonly shows?: string;
};

const LONGEST = 60;

/** JSON for people: texts and lists that are long only because a bound is, are cut and counted. */
export function shown(value: unknown): string {
  const cut = (_: string, part: unknown): unknown => {
    if (typeof part === "string" && part.length > LONGEST) return `${part.slice(0, 20)}… (${part.length} characters)`;
    if (Array.isArray(part) && part.length > 5) return [...part.slice(0, 2), `… (${part.length} items)`];
    return part;
  };
  return JSON.stringify(value, cut);
}
