/** One block of an event stream: what the server says of it, and its data where it has any. */
export type Block = { readonly id?: string; readonly event?: string; readonly data?: string };

/** An event stream without any sign of life for so long, in milliseconds, is dead: the server gives one every 15 seconds. */
const SILENCE_MS = 60_000;

/**
 * The blocks of an event stream (WHATWG HTML §9.2.6), also those without data: of them libraries tell nothing, and their `id`
 * is where the stream goes on. Throws what the stream breaks off with, also after a minute of silence; `signal` ends it.
 */
export async function* blocksOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const reader = stream.getReader();
  // A `fetch` that is none, in the same process, does not hear of the signal.
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  const decoder = new TextDecoder();
  let rest = "";
  try {
    while (!signal.aborted) {
      const { done, value } = await heard(reader);
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) yield blockOf(block);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

async function heard(reader: ReadableStreamDefaultReader<Uint8Array>) {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the stream fell silent")), SILENCE_MS);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

function blockOf(text: string): Block {
  const block: { id?: string; event?: string; data?: string } = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ""] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (name === "data") block.data = block.data === undefined ? value : `${block.data}\n${value}`;
    else if (name === "id" || name === "event") block[name] = value;
  }
  return block;
}
