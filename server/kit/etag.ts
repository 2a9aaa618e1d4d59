import { hash } from "node:crypto";
import { ApiError } from "../../spec/kit/errors.ts";

/** A strong entity tag (RFC 9110 §8.8.3) of the exact text of an answer. */
export const entityTag = (text: string): string => `"${hash("sha256", text, "base64url").slice(0, 22)}"`;

const tags = (header: string): string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? [];

/** Whether `If-None-Match` names the present version, by weak comparison (RFC 9110 §13.1.2). */
export function noneMatch(header: string, present: string): boolean {
  return header.trim() === "*" || tags(header).some((tag) => tag.replace(/^W\//, "") === present);
}

/** Throws 412 unless `If-Match` names the present version, by strong comparison (RFC 9110 §13.1.1). */
export function requireMatch(header: string, present: string): void {
  if (header.trim() === "*" || tags(header).includes(present)) return;
  throw new ApiError("PRECONDITION_FAILED", "The resource has changed since you read it: read it again, then retry");
}
