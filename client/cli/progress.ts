import type { Io } from "./io.ts";

/** A line on the terminal that is written over, again and again. Nothing is shown where errors do not go to a terminal. */
export function progress({ stderr }: Pick<Io, "stderr">) {
  let last = "";
  const draw = (text: string) => {
    if (!stderr.isTTY || text === last) return;
    last = text;
    stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  return {
    /** `share` from 0 to 1, where it is known. */
    show(label: string, share?: number): void {
      if (share === undefined) {
        draw(label);
        return;
      }
      const full = Math.round(Math.min(1, Math.max(0, share)) * 24);
      draw(`${"█".repeat(full)}${"░".repeat(24 - full)} ${String(Math.round(share * 100)).padStart(3)} %  ${label}`);
    },
    /** Leaves the line empty. */
    end(): void {
      if (last) stderr.write("\r\u001b[K");
      last = "";
    },
  };
}
