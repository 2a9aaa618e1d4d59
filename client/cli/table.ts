/** One flag of a command: a parameter of the query, or a field of the body, nested ones by dots. */
export type Field = {
  readonly name: string;
  readonly in: "query" | "body";
  readonly type: string;
  readonly about: string;
  /** A list of such values: `a,b`, or the flag several times. */
  readonly list?: true;
  readonly required?: true;
  readonly nullable?: true;
  readonly choices?: readonly string[];
};

/** One operation as a command. */
export type Command = {
  readonly id: string;
  /** What is typed after `reelmark`. */
  readonly words: readonly string[];
  readonly tag: string;
  readonly summary: string;
  readonly about: string;
  readonly method: string;
  readonly params: readonly { readonly name: string; readonly about: string }[];
  readonly fields: readonly Field[];
  readonly body?: "json" | "form" | "bytes";
  /** A list that goes on by cursor. */
  readonly paged?: true;
  /** What a table shows of a list's items. */
  readonly columns?: readonly string[];
  /** Goes on after its answer. */
  readonly async?: true;
  /** Takes an `Idempotency-Key`. */
  readonly keyed?: true;
  /** Answers with bytes. */
  readonly bytes?: true;
  readonly deprecated?: true;
};

export type TagGroup = { readonly name: string; readonly tags: readonly string[] };
