/** The part of a content that a request asked for; both ends are included. */
export type ByteRange = { readonly start: number; readonly end: number; readonly contentRange: string };

/**
 * The single byte range of a `Range` header over `size` bytes (RFC 9110 §14.2), or undefined when the whole is to be sent:
 * no header, another unit, several ranges, none that can be satisfied, or an `If-Range` (§13.1.5: there is no validator
 * that it could match).
 */
export function byteRange(header: (name: string) => string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header("range")?.replaceAll(/\s/g, "") ?? "");
  if (!match || header("if-range") !== undefined) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) return undefined;
  return { start, end, contentRange: `bytes ${start}-${end}/${size}` };
}
