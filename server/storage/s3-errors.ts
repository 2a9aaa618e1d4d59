import { S3ServiceException } from "@aws-sdk/client-s3";
import { StorageError, type StorageErrorCode } from "./service.ts";

/** S3's error codes, and HEAD's bare status, which has no body to say more. */
const CODES: Readonly<Record<string, StorageErrorCode>> = {
  NoSuchKey: "NOT_FOUND",
  NotFound: "NOT_FOUND",
  NoSuchUpload: "NOT_FOUND",
  InvalidRange: "RANGE",
  InvalidPart: "BAD_PART",
  InvalidPartOrder: "BAD_PART",
  EntityTooSmall: "BAD_PART",
  IncompleteBody: "CUT",
  EntityTooLarge: "TOO_LARGE",
  QuotaExceeded: "FULL",
  XMinioStorageFull: "FULL",
};

const SENTENCES: Readonly<Partial<Record<StorageErrorCode, string>>> = {
  NOT_FOUND: "There is no such object or upload",
  RANGE: "The object ends before that",
  BAD_PART: "A part has not been uploaded, was replaced since, or is too small: list the parts anew",
  FULL: "The bucket takes no more: make room, or raise its quota",
};

/** What an S3 call's failure means to a caller of Storage. Never repeats what a request held. */
export function fromS3(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const known = error instanceof S3ServiceException ? CODES[error.name] : undefined;
  if (known) return new StorageError(known, SENTENCES[known] ?? `S3 refused: ${nameOf(error)}`, { cause: error });
  return new StorageError("UNAVAILABLE", `S3 did not answer as it should: ${nameOf(error)}`, { cause: error });
}

/** A failure's name, such as `AccessDenied` or `ECONNREFUSED`, and the HTTP status where there was one. */
export function nameOf(error: unknown): string {
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode;
    return status === undefined ? error.name : `${error.name} (${status})`;
  }
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "unknown";
}
