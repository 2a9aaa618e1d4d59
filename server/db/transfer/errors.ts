export type TransferErrorCode =
  | "CANNOT_CONNECT"
  | "DATABASE_BUSY"
  | "FILE_DAMAGED"
  | "FILE_EXISTS"
  | "FILE_UNUSABLE"
  | "MIGRATION_MISMATCH"
  | "NOT_EMPTY"
  | "NOT_OWNER"
  | "SCHEMA_MISMATCH";

/** An export or import that was refused. The message says why, and what to do; nothing was changed. */
export class TransferError extends Error {
  override readonly name = "TransferError";
  readonly code: TransferErrorCode;

  constructor(code: TransferErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The error of a file that could not be read or written, as a sentence. */
export function fileUnusable(action: "read" | "written", file: string, cause: Error): TransferError {
  const reason = `${file} cannot be ${action} (${cause.message})`;
  return new TransferError("FILE_UNUSABLE", `${reason}. Check its path, its permissions and the space on its disk.`, {
    cause,
  });
}
