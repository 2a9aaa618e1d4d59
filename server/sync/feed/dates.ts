const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?$/i;
const ISO_ZONE = /(?:z|[+-]\d{2}:?\d{2})$/i;
const NAMED_MONTH =
  /\d\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{2}|[a-z]{3,9}\.?\s+\d{1,2},?\s+\d{4}/i;
const OFFSET = /[+-]\d{2}:?\d{2}$/;
const ZONE = /\s(?:gmt|utc?|z|[ecmp][sd]t)$/i;
const UNKNOWN_ZONE = /\s[a-z]{1,5}$/i;

/** A date with its zone written out: without one, and with a name that is not RFC 822's, it is UTC (RFC 5322 §4.3). */
function zoned(text: string): string | undefined {
  if (ISO.test(text)) {
    if (text.length <= 10) return `${text}T00:00:00Z`;
    return ISO_ZONE.test(text) ? text : `${text.replace(" ", "T")}Z`;
  }
  // Numbers alone are read in one order here and in another there.
  if (!NAMED_MONTH.test(text)) return undefined;
  if (OFFSET.test(text) || ZONE.test(text)) return text;
  return `${text.replace(UNKNOWN_ZONE, "")} GMT`;
}

/** A feed's date (RFC 3339, RFC 822, and what is near them) as RFC 3339 in UTC; null for what is none, or not after 1970. */
export function feedDate(raw: string | undefined): string | null {
  const text = raw?.trim().slice(0, 64);
  const full = text === undefined || text === "" ? undefined : zoned(text);
  if (full === undefined) return null;
  const date = new Date(full);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date.toISOString() : null;
}
