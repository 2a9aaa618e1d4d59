import { createHash } from "node:crypto";

/** How many of the first bytes are kept to tell a type by. */
const HEAD_BYTES = 4_100;

/** What a whole stream was: SHA-256 in hex, bytes, the first of them, and whether all of it is clean UTF-8 text. */
export type Digest = {
  readonly sha256: string;
  readonly size: number;
  readonly head: Uint8Array;
  readonly text: boolean;
};

/**
 * The same bytes as they pass, and once they have all passed, what they were. Nothing is held but the head.
 * `digest()` throws before the end; `binaryHead()` is the head as soon as it is whole and some byte was not text's.
 */
export function hashing(source: AsyncIterable<Uint8Array>): {
  bytes: AsyncIterable<Uint8Array>;
  digest(): Digest;
  binaryHead(): Uint8Array | undefined;
} {
  const hash = createHash("sha256");
  const head = Buffer.alloc(HEAD_BYTES);
  const text = textJudge();
  let size = 0;
  let digest: Digest | undefined;
  return {
    bytes: (async function* () {
      for await (const chunk of source) {
        hash.update(chunk);
        text.take(chunk);
        if (size < HEAD_BYTES) head.set(chunk.subarray(0, HEAD_BYTES - size), size);
        size += chunk.length;
        yield chunk;
      }
      digest = {
        sha256: hash.digest("hex"),
        size,
        head: head.subarray(0, Math.min(size, HEAD_BYTES)),
        text: text.end(),
      };
    })(),
    binaryHead: () => (size >= HEAD_BYTES && !text.clean() ? head : undefined),
    digest() {
      if (!digest) throw new Error("The bytes have not all passed yet: read them to their end first");
      return digest;
    },
  };
}

/** Tabs, line and page breaks are part of text (Unicode Cc but U+0009 to U+000D); other controls are of binary files. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what it looks for is control characters
const CONTROL = /[\u0000-\u0008\u000e-\u001f\u007f]/;

/** Judges a stream of bytes: valid UTF-8 without control characters. Costs nothing more once the answer is no. */
function textJudge(): { take(chunk: Uint8Array): void; clean(): boolean; end(): boolean } {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let clean = true;
  const look = (decode: () => string) => {
    try {
      if (CONTROL.test(decode())) clean = false;
    } catch {
      clean = false;
    }
  };
  return {
    take(chunk) {
      if (clean) look(() => decoder.decode(chunk, { stream: true }));
    },
    clean: () => clean,
    end() {
      if (clean) look(() => decoder.decode());
      return clean;
    },
  };
}
