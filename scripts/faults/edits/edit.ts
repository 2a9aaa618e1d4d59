import type { Edit } from "../list.ts";

/** One mistake in the source, as an engineer could make it and a reviewer miss it. */
export type SourceEdit = Edit & {
  readonly name: string;
  /** What a client of the API sees of it. */
  readonly about: string;
  /** Operations that show it, by id or tag, so that a run takes seconds. */
  readonly only: readonly string[];
};
