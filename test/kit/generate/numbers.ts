import type fc from "fast-check";
import { allOf, type Branch, bound } from "./shape.ts";

type Limit = { readonly value: number; readonly open: boolean; readonly keyword: string; readonly path: string };

/** The numbers of a branch: between two limits, and steps of `step` where there is one. */
export type NumberRange = {
  readonly low: Limit | undefined;
  readonly high: Limit | undefined;
  readonly step: number | undefined;
  readonly stepPath: string;
  /** The least and greatest that fit: of steps where there are steps. */
  readonly least: number;
  readonly greatest: number;
};

const FORMAT_LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  // Beyond 2^53 JSON readers differ in what they read.
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  float: [-3.4e38, 3.4e38],
};

function limit(branch: Branch, closed: string, open: string, tightest: "most" | "least"): Limit | undefined {
  const a = bound(branch.parts, closed, tightest);
  const b = bound(branch.parts, open, tightest);
  const isOpen = b && (!a || (tightest === "most" ? b.value >= a.value : b.value <= a.value));
  if (isOpen) return { ...b, open: true, keyword: open };
  return a && { ...a, open: false, keyword: closed };
}

const decimals = (n: number): number => {
  const [mantissa = "", exponent = "0"] = String(n).toLowerCase().split("e");
  return Math.max(0, (mantissa.split(".")[1]?.length ?? 0) - Number(exponent));
};

/** `k` steps, as decimal arithmetic has it: 3 steps of 0.1 are 0.3. */
export const steps = (k: number, step: number): number => Number((k * step).toFixed(Math.min(decimals(step), 20)));

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

function stepOf(branch: Branch): { step: number | undefined; path: string } {
  const found = allOf(branch.parts, "multipleOf");
  const all = found.map(({ value }) => Number(value));
  if (branch.type === "integer") all.push(1);
  if (all.length === 0) return { step: undefined, path: "" };
  const scale = 10 ** Math.max(...all.map(decimals));
  const step = all.map((one) => Math.round(one * scale)).reduce((a, b) => (a / gcd(a, b)) * b) / scale;
  return { step, path: found[0]?.path ?? branch.parts[0]?.path ?? "" };
}

/** The numbers that a branch allows. */
export function rangeOf(branch: Branch): NumberRange {
  const low = limit(branch, "minimum", "exclusiveMinimum", "most");
  const high = limit(branch, "maximum", "exclusiveMaximum", "least");
  const { step, path } = stepOf(branch);
  const formats = allOf(branch.parts, "format").flatMap(({ value }) => FORMAT_LIMITS[String(value)] ?? []);
  const far = branch.type === "integer" ? Number.MAX_SAFE_INTEGER : 1e15;
  const floor = Math.max(low?.value ?? Number.NEGATIVE_INFINITY, formats[0] ?? -far);
  const ceiling = Math.min(high?.value ?? Number.POSITIVE_INFINITY, formats[1] ?? far);
  const small = Math.min(1e-3, Math.abs(ceiling - floor) / 1000) || Number.EPSILON;
  let least = floor;
  let greatest = ceiling;
  if (step !== undefined) {
    // A hair of tolerance: 0.3 / 0.1 is 2.9999999999999996.
    least = steps(Math.ceil(floor / step - 1e-9), step);
    greatest = steps(Math.floor(ceiling / step + 1e-9), step);
  }
  if (low?.open && least <= low.value)
    least = step === undefined ? low.value + small : steps(Math.round(least / step) + 1, step);
  if (high?.open && greatest >= high.value)
    greatest = step === undefined ? high.value - small : steps(Math.round(greatest / step) - 1, step);
  return { low, high, step, stepPath: path, least, greatest };
}

const INTERESTING = [
  0, 1, -1, 2, 10, 99, 100, 127, 128, 255, 256, 32_767, 65_535, 65_536, 2_147_483_647, 2_147_483_648,
];
const FRACTIONS = [0.5, -0.5, 0.1, 1.005, Math.PI, 1e-7, -1e-7, 123_456.789];

/** A number of a range: its ends, what programs stumble over, or anything between. */
export function numberIn(random: fc.Random, { least, greatest, step }: NumberRange): number {
  const luck = random.nextInt(0, 9);
  if (luck < 2) return luck === 0 ? least : greatest;
  if (luck < 5) {
    const list = step === undefined && luck === 2 ? FRACTIONS : INTERESTING;
    const chosen = list[random.nextInt(0, list.length - 1)] ?? 0;
    const near = step === undefined ? chosen : steps(Math.round(chosen / step), step);
    if (near >= least && near <= greatest) return near;
  }
  // Most numbers that people send are small ones: near zero, or near the end that is nearest to zero.
  const anchor = Math.min(Math.max(0, least), greatest);
  const width = luck < 8 ? 1000 * (step ?? 1) : greatest - least;
  const low = luck < 8 ? Math.max(least, anchor - width) : least;
  const high = luck < 8 ? Math.min(greatest, anchor + width) : greatest;
  const any = low + random.nextDouble() * (high - low);
  if (step === undefined) return Math.min(greatest, Math.max(least, Number(any.toPrecision(6))));
  return Math.min(greatest, Math.max(least, steps(Math.round(any / step), step)));
}
