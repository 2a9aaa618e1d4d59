import { Parser } from "htmlparser2";

/** More markup than this holds no more text than is kept. */
const MAX_MARKUP = 400_000;
const UNSEEN = new Set(["script", "style", "template", "noscript", "head", "iframe", "object", "svg", "math"]);
const BREAKS = new Set(
  "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li ol p pre section table tr ul".split(
    " ",
  ),
);

/** Cuts at `max` UTF-16 units, and never through a character. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(max - 1)) ? max - 1 : max;
  return text.slice(0, end).trimEnd();
}

/**
 * A text as it is kept: well-formed, without control characters (PostgreSQL takes no NUL), trimmed and cut at `max` UTF-16
 * units; null when nothing is left.
 */
export function cleanText(text: string | undefined, max: number): string | null {
  if (text === undefined) return null;
  // Cut first as well, so that the rest of a huge text costs nothing.
  const kept = text
    .slice(0, max * 4)
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "")
    .trim();
  return cut(kept, max) || null;
}

/** The same on one line. */
export const cleanLine = (text: string | undefined, max: number): string | null =>
  cleanText(text?.slice(0, max * 4).replace(/\s+/g, " "), max);

/** The text of a piece of HTML: no markup, no scripts, entities resolved, paragraphs on lines of their own. */
export function textOfHtml(html: string): string {
  let text = "";
  let hidden = 0;
  const parser = new Parser(
    {
      onopentagname(name) {
        if (UNSEEN.has(name)) hidden++;
        if (BREAKS.has(name)) text += "\n";
      },
      ontext(part) {
        if (hidden === 0) text += part.replace(/[\r\n\t]+/g, " ");
      },
      onclosetag(name) {
        if (UNSEEN.has(name)) hidden--;
        if (BREAKS.has(name)) text += "\n";
      },
    },
    { decodeEntities: true },
  );
  parser.end(html.slice(0, MAX_MARKUP));
  return text.replace(/[ \u00a0]+/g, " ").replace(/ ?\n[ \n]*/g, "\n");
}
