const BOMS: readonly (readonly [bytes: readonly number[], label: string])[] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
  // Without a mark, a "<" or "{" beside a zero says it too.
  [[0x3c, 0x00], "utf-16le"],
  [[0x00, 0x3c], "utf-16be"],
  [[0x7b, 0x00], "utf-16le"],
  [[0x00, 0x7b], "utf-16be"],
];

/** An encoding's name as the Encoding standard has it; undefined for what is none, and for those that it replaces. */
function known(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label.trim()).encoding;
  } catch {
    return undefined;
  }
}

function decoded(bytes: Uint8Array, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What the XML declaration says. It is of ASCII in every encoding that is left when the marks above have spoken. */
function declared(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 256));
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/i.exec(head)?.[1];
}

/**
 * The text of a feed. Publishers are often wrong about their encoding, so what the bytes show goes before what is said of
 * them: a byte order mark, then valid UTF-8 (which hardly any other text is by chance), then HTTP's charset and the XML
 * declaration (RFC 7303 §3), then windows-1252, in which every byte means something.
 */
export function feedText(bytes: Uint8Array, contentType: string | undefined): string {
  const marked = BOMS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte));
  if (marked) return new TextDecoder(marked[1]).decode(bytes);
  const said = known(/;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(contentType ?? "")?.[1]);
  const labels = [said, known(declared(bytes))].filter((label) => label !== undefined);
  // Its bytes are all ASCII, and so valid UTF-8.
  const stateful = labels.find((label) => label === "iso-2022-jp");
  for (const label of [...(stateful ? [stateful] : []), "utf-8", ...labels]) {
    const text = decoded(bytes, label);
    if (text !== undefined) return text;
  }
  return new TextDecoder("windows-1252").decode(bytes);
}
