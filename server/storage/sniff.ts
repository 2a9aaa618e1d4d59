import { fileTypeFromBuffer } from "file-type";
import type { FILE_TYPES } from "../../spec/uploads.ts";
import type { Digest } from "./hashing.ts";

/** A type that a file may have. */
export type FileType = (typeof FILE_TYPES)[number];

/** The allow-list: what each type is called, and the end of its files' names. */
const TYPES: Readonly<Record<FileType, { readonly name: string; readonly extension: string }>> = {
  "video/mp4": { name: "MP4", extension: "mp4" },
  "video/quicktime": { name: "MOV", extension: "mov" },
  "video/webm": { name: "WebM", extension: "webm" },
  "audio/mpeg": { name: "MP3", extension: "mp3" },
  "audio/wav": { name: "WAV", extension: "wav" },
  "audio/mp4": { name: "M4A", extension: "m4a" },
  "image/jpeg": { name: "JPEG", extension: "jpg" },
  "image/png": { name: "PNG", extension: "png" },
  "image/webp": { name: "WebP", extension: "webp" },
  "image/gif": { name: "GIF", extension: "gif" },
  "application/pdf": { name: "PDF", extension: "pdf" },
  "text/markdown": { name: "Markdown", extension: "md" },
  "text/plain": { name: "plain text", extension: "txt" },
};
const ALLOWED = `Allowed are ${Object.values(TYPES)
  .map(({ name }) => name)
  .join(", ")}`;

/** What the library finds, by its name for it, and what that is on our list. What is not here is refused. */
const FOUND: Readonly<Record<string, FileType>> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  m4a: "audio/mp4",
  jpg: "image/jpeg",
  png: "image/png",
  apng: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  pdf: "application/pdf",
};

/** Text that begins like this is a document which browsers and viewers run: SVG, HTML, XML (WHATWG MIME Sniffing §7.1). */
const MARKUP = /^<(?:(?:!doctype|html|head|body|script|iframe|style|svg)(?=[\s>/]|$)|\?xml\b)/i;

/** What is known of a file besides its bytes; it only ever tells Markdown from plain text. */
export type Claims = { readonly filename?: string | undefined; readonly type?: string | undefined };

type Verdict = { readonly type: FileType } | { readonly refused: string };

/**
 * What a file is, by its bytes alone, or a sentence why it is refused. Bytes of another format after a good beginning, and
 * tags inside text, are let be: a file is served as the type found here, as a download, with `nosniff`.
 * @param digest Of the whole file: text is judged to its end.
 */
export async function sniff(digest: Digest, claims: Claims = {}): Promise<Verdict> {
  if (digest.size === 0) return refused("The file is empty");
  return digest.text ? ofText(digest.head, claims) : sniffBinary(digest.head);
}

/** How the name of a file of this type ends, without the dot. */
export const extensionOf = (type: FileType): string => TYPES[type].extension;

const refused = (why: string): Verdict => ({ refused: `${why}. ${ALLOWED}` });

/** What a file that is not text is, by its first bytes, or a sentence why it is refused. */
export async function sniffBinary(head: Uint8Array): Promise<Verdict> {
  // The head alone: a format that needs more to be told is none of ours.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (!found) return refused("The file is of an unknown type");
  const type = FOUND[found.ext];
  return type ? { type } : refused(`The file is ${found.mime}`);
}

// Clean text never goes to the library: "BMW" would be a bitmap, "ID3" a song.
function ofText(head: Uint8Array, { filename = "", type = "" }: Claims): Verdict {
  const beginning = new TextDecoder("utf-8", { ignoreBOM: true }).decode(head);
  if (beginning.startsWith("%PDF-")) return { type: "application/pdf" };
  if (MARKUP.test(pastComments(beginning))) return refused("The file is an HTML, SVG or XML document");
  const markdown = /\.(md|markdown)$/i.test(filename) || /^text\/markdown\s*(;|$)/i.test(type);
  return { type: markdown ? "text/markdown" : "text/plain" };
}

/** The text after the blanks and comments that it begins with. */
function pastComments(text: string): string {
  // trimStart takes a byte order mark too.
  let rest = text.trimStart();
  while (rest.startsWith("<!--")) {
    const end = rest.indexOf("-->", 4);
    if (end < 0) return "";
    rest = rest.slice(end + 3).trimStart();
  }
  return rest;
}
