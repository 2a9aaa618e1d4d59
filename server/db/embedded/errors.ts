export type EmbeddedPostgresErrorCode =
  | "FOLDER_IN_USE"
  | "FOLDER_UNUSABLE"
  | "BINARIES_UNUSABLE"
  | "ACCOUNT_MISSING"
  | "VERSION_MISMATCH"
  | "INIT_FAILED"
  | "START_FAILED";

/** An embedded PostgreSQL that cannot be used. The message is for the person who runs it: what is wrong, what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The `code` of a Node or PostgreSQL error (`ENOENT`, `3D000`), or undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
