/** One round of load on one server: latencies in milliseconds, `cpu` of the server's process in microseconds a request. */
export type Round = { readonly perSecond: number; readonly p50: number; readonly p99: number; readonly cpu: number };

export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** The middle of some figures, and how far they lie apart. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  const median = sorted.length % 2 === 0 ? (low + high) / 2 : high;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export type Summary = {
  readonly name: string;
  readonly perSecond: Spread;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: Spread;
  /** Requests a second as a part of the baseline's, round by round. */
  readonly ratio: Spread;
};

/** Sums rounds up against those of the baseline: each is compared with the round that ran beside it. */
export function summarize(name: string, rounds: readonly Round[], baseline: readonly Round[]): Summary {
  const median = (pick: (round: Round) => number) => spread(rounds.map(pick)).median;
  return {
    name,
    perSecond: spread(rounds.map(({ perSecond }) => perSecond)),
    p50: median(({ p50 }) => p50),
    p99: median(({ p99 }) => p99),
    cpu: spread(rounds.map(({ cpu }) => cpu)),
    ratio: spread(rounds.map(({ perSecond }, i) => perSecond / (baseline[i]?.perSecond ?? Number.NaN))),
  };
}

/** The summaries as a table of plain text. */
export function table(summaries: readonly Summary[]): string {
  const row = ({ name, perSecond, p50, p99, cpu, ratio }: Summary) => [
    name,
    `${perSecond.median.toFixed(0)} (${perSecond.min.toFixed(0)}–${perSecond.max.toFixed(0)})`,
    `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    p50.toFixed(1),
    p99.toFixed(1),
    `${cpu.median.toFixed(0)} (${cpu.min.toFixed(0)}–${cpu.max.toFixed(0)})`,
  ];
  return align([
    ["server", "requests/s (min–max)", "ratio (min–max)", "p50 ms", "p99 ms", "CPU µs a request"],
    ...summaries.map(row),
  ]);
}

/** Rows as columns: the first to the left, the others to the right. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((cells) => (cells[i] ?? "").length)));
  const cell = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0));
  return rows.map((cells) => cells.map(cell).join("   ").trimEnd()).join("\n");
}
