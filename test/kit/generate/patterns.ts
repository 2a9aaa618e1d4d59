import vm from "node:vm";

/** Thrown where a pattern backtracks so long on a text that nobody can tell in time whether it matches. */
export class PatternTimeout extends Error {
  constructor(pattern: string) {
    super(`/${pattern}/ takes too long on a text of this kind: it backtracks. Rewrite it without nested repetition`);
    this.name = "PatternTimeout";
  }
}

/** Milliseconds that one test of one pattern may take; a quarter of it after each time that this was not enough. */
const PATIENCE_MS = 2_000;
const LEAST_MS = 5;
/** Up to this many characters even nested repetition ends at once. */
const SHORT = 20;
/** So many texts of a pattern are remembered: the same addresses and URLs come again and again. */
const REMEMBERED = 2_000;

/**
 * More than one thing that repeats without bound, a group that repeats often, or a back reference: these can backtrack. To
 * guard a test costs a thread, so what is merely optional, as in most patterns of times, goes without.
 */
function mayBacktrack(pattern: string): boolean {
  const bare = pattern.replace(/\\[^1-9k]|\[(?:\\.|[^\]\\])*\]/g, "x");
  return (bare.match(/[*+]|\{\d+,\}/g) ?? []).length > 1 || /\)(?:[*+]|\{\d+,\}|\{\d*,?\d{2,}\})|\\[1-9k]/.test(bare);
}

const script = new vm.Script("pattern.test(text)");
const guarded: { pattern: RegExp; text: string } = { pattern: /x/, text: "" };
const context = vm.createContext(guarded);

/** A compiled `pattern` of JSON Schema whose test always ends. */
export class SafePattern {
  readonly source: string;
  readonly regExp: RegExp;
  readonly #guard: boolean;
  #patienceMs = PATIENCE_MS;
  readonly #known = new Map<string, boolean>();

  constructor(source: string) {
    this.source = source;
    this.regExp = compile(source);
    this.#guard = mayBacktrack(source);
  }

  /** Whether the pattern matches somewhere in the text. Throws PatternTimeout after two seconds, and sooner the next time. */
  test(text: string): boolean {
    if (!this.#guard || text.length <= SHORT) return this.regExp.test(text);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    Object.assign(guarded, { pattern: this.regExp, text });
    try {
      const matches = script.runInContext(context, { timeout: this.#patienceMs }) === true;
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(text, matches);
      return matches;
    } catch {
      this.#patienceMs = Math.max(LEAST_MS, Math.floor(this.#patienceMs / 4));
      throw new PatternTimeout(this.source);
    }
  }

  /** Ajv keeps one function for each text that this gives. */
  toString(): string {
    return `/${this.source}/`;
  }
}

/** JSON Schema §6.4 recommends Unicode patterns; many in use escape what a Unicode pattern may not. */
function compile(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    return new RegExp(source);
  }
}

const made = new Map<string, SafePattern>();

/** The compiled form of a pattern, made once. Throws SyntaxError when it is no ECMA-262 pattern. */
export function patternOf(source: string): SafePattern {
  const known = made.get(source);
  if (known) return known;
  const pattern = new SafePattern(source);
  made.set(source, pattern);
  return pattern;
}

/** Ajv's hook for making patterns: `new Ajv({ code: { regExp } })`. */
export const ajvPatterns = Object.assign((source: string) => patternOf(source), { code: "patternOf" });
