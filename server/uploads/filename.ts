/** What is longer is cut: the contract's bound, in UTF-16 units. */
const MOST = 255;
/** Controls, line separators, and marks that turn the direction of text: `gnp.exe` must not look like `exe.png`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what it looks for is control characters
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A file's name as it may be kept and offered for saving: one line without a path, however it came.
 * @param given What a client, or an address, called it.
 * @param fallback Its name when nothing is left of that.
 */
export function cleanFilename(given: string, fallback: string): string {
  const line = given.toWellFormed().replace(UNSEEN, "").replace(/[/\\]/g, "_").trim();
  if (line === "" || /^\.+$/.test(line)) return fallback;
  if (line.length <= MOST) return line;
  const [end = ""] = /\.[^.]{1,10}$/.exec(line) ?? [];
  // Cut within a character, its half would be no text.
  return (line.slice(0, MOST - end.length).replace(/[\ud800-\udbff]$/, "") + end).toWellFormed();
}

/** The name that the address of a file suggests: the last piece of its path. */
export function filenameOfUrl(url: string): string {
  const last = new URL(url).pathname.split("/").at(-1) ?? "";
  try {
    return cleanFilename(decodeURIComponent(last), "file");
  } catch {
    return cleanFilename(last, "file");
  }
}
