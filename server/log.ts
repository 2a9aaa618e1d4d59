import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "./config.ts";

/** Lines are written together: at this many bytes, or after this many milliseconds. */
const BUFFER_BYTES = 8_192;
const FLUSH_MS = 100;

/**
 * JSON lines on standard output. What is logged is an allow-list made where it is logged; nothing is redacted after.
 * Writing a line at a time costs 5–9 % of a read's CPU, so lines wait up to 100 ms: all of them come out when the process
 * ends by itself, and what `kill -9` can take is that last tenth of a second.
 */
export function createLog(level: Config["LOG_LEVEL"], destination: DestinationStream = buffered()): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

const buffered = () => pino.destination({ dest: 1, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
