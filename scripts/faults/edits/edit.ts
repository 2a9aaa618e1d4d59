/** One mistake in the source, as an engineer could make it and a reviewer miss it. */
export type SourceEdit = {
  readonly name: string;
  /** What a client of the API sees of it. */
  readonly about: string;
  readonly file: string;
  /** Stands exactly once in `file`. */
  readonly find: string;
  readonly replace: string;
};
