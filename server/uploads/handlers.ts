import type { WorkServices } from "../services.ts";
import { downloadHandlers } from "./download-handlers.ts";
import { fileHandlers } from "./file-handlers.ts";
import { partHandlers } from "./part-handlers.ts";

/** Every operation on uploads. */
export const uploadHandlers = (services: WorkServices) => ({
  ...fileHandlers(services),
  ...partHandlers(services),
  ...downloadHandlers(services),
});
