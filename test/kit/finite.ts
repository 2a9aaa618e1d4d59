import { setTimeout as sleep } from "node:timers/promises";

/** Whether what an answer tells of is still to come: it goes on until its reader has enough. */
export const isEventStream = ({ headers }: { readonly headers: Headers }): boolean =>
  headers.get("content-type")?.startsWith("text/event-stream") === true;

/** Who goes on from somewhere has been told all that was missed when nothing came for so many milliseconds. */
const SILENCE_MS = 300;
/** No more blocks are read than this: a stream may have a whole day to tell of. */
const MOST = 100;

/**
 * An answer that ends: of an event stream what comes first, which a server sends at once, and where its reader `goesOn` from
 * somewhere also what was missed; any other as it is.
 */
export async function finite(response: Response, goesOn = false): Promise<Response> {
  if (!response.body || !isEventStream(response)) return response;
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  do {
    // What is read after the silence goes with the stream, which is canceled.
    const next = reader.read().catch(() => undefined);
    const { value } = (await (chunks.length === 0 ? next : Promise.race([next, sleep(SILENCE_MS)]))) ?? {};
    if (!value) break;
    chunks.push(new Uint8Array(value));
  } while (goesOn && chunks.length < MOST);
  await reader.cancel();
  return new Response(new Blob(chunks.map((chunk) => chunk.slice())), response);
}

type StreamEvent = { readonly id?: string; readonly event?: string; readonly data?: unknown };

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The blocks of an event stream as a list (OpenAPI 3.2 §4.14.3, WHATWG HTML §9.2.6); `data` is read where it is JSON. */
export function eventsIn(text: string): StreamEvent[] {
  return text.split(/(?:\r\n|\r|\n){2,}/).flatMap((block) => {
    const fields = [...block.matchAll(/^(id|event|data)(?:: ?(.*))?$/gm)];
    if (fields.length === 0) return [];
    const last = (name: string) => fields.findLast(([, one]) => one === name)?.[2];
    const [id, event] = [last("id"), last("event")];
    const data = fields.flatMap(([, name, value = ""]) => (name === "data" ? [value] : []));
    return [
      {
        ...(id === undefined ? {} : { id }),
        ...(event === undefined ? {} : { event }),
        ...(data.length === 0 ? {} : { data: dataOf(data.join("\n")) }),
      },
    ];
  });
}
