import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "./config.ts";

/** JSON lines on standard output. What is logged is an allow-list made where it is logged; nothing is redacted after. */
export function createLog(level: Config["LOG_LEVEL"], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}
