import { z } from "./kit/schema.ts";

/** One line of text a person reads: 1 to `max` characters, not all of them blank. */
export const line = (max: number, about: string, example: string) =>
  z.string().min(1).max(max).regex(/\S/, "must not be blank").describe(about).meta({ example });
