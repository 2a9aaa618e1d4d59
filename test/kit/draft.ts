import type { JsonSchema } from "./document.ts";

/** A request before it is one: what a check changes in it stands out. */
export type Draft = {
  readonly method: string;
  /** Path under the document's server, filled in. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly bytes: string | Uint8Array | ReadableStream<Uint8Array> };
  /** Whether an event stream is read until nothing more comes, not only what comes first. */
  readonly goesOn?: boolean;
};

/** The same draft with these headers; a name given as undefined is taken off. */
export function withHeaders(draft: Draft, headers: Readonly<Record<string, string | undefined>>): Draft {
  const merged = Object.entries({ ...draft.headers, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...draft, headers: Object.fromEntries(merged) };
}

/** The same draft with a JSON body. */
export const withJson = (draft: Draft, value: unknown): Draft => ({
  ...draft,
  body: { type: draft.body?.type ?? "application/json", bytes: JSON.stringify(value) },
});

/** The same draft with one more query parameter. */
export const withQuery = (draft: Draft, name: string, value: string): Draft => ({
  ...draft,
  query: [...draft.query, [name, value]],
});

/** The Request that a draft describes. As HTTP does, a body of known length says how long it is. */
export function toRequest(base: string, draft: Draft): Request {
  const headers = new Headers(draft.headers);
  const { body, query } = draft;
  if (body && !headers.has("content-type")) headers.set("content-type", body.type);
  if (body && !(body.bytes instanceof ReadableStream) && !headers.has("content-length")) {
    headers.set("content-length", String(Buffer.byteLength(body.bytes)));
  }
  const search = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  return new Request(`${base}${draft.path}${search === "" ? "" : `?${search}`}`, {
    method: draft.method,
    headers,
    redirect: "manual",
    ...(body ? { body: body.bytes as NonNullable<RequestInit["body"]>, duplex: "half" } : {}),
  });
}

/** What stands in a body that has no schema: a file, or plain text. */
const SOME_TEXT = "some text";

/** The same draft with another file or text in its body, and a longer one. */
export function withOtherText(draft: Draft): Draft {
  if (typeof draft.body?.bytes !== "string") return draft;
  return {
    ...draft,
    body: { ...draft.body, bytes: draft.body.bytes.replace(SOME_TEXT, `other, longer ${SOME_TEXT}`) },
  };
}

/** Bytes of a value in a media type that is not JSON: form fields, multipart fields with a small file, or plain text. */
export function encode(type: string, value: unknown, schema?: JsonSchema): { type: string; bytes: string } {
  if (type === "application/json" || type.endsWith("+json")) return { type, bytes: JSON.stringify(value) };
  const fields = Object.entries((value ?? {}) as Record<string, unknown>).map(
    ([name, item]) => [name, String(item)] as const,
  );
  if (type === "application/x-www-form-urlencoded") {
    return { type, bytes: new URLSearchParams(Object.fromEntries(fields)).toString() };
  }
  if (type !== "multipart/form-data") return { type, bytes: typeof value === "string" ? value : SOME_TEXT };
  const boundary = "contract-test-boundary";
  // OpenAPI 3.1 §4.8.14.3: a part that is a file says its media type.
  const isFile = (name: string) => schema?.properties?.[name]?.contentMediaType !== undefined;
  const parts = fields.map(([name, item]) =>
    isFile(name)
      ? `Content-Disposition: form-data; name="${name}"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n${SOME_TEXT}`
      : `Content-Disposition: form-data; name="${name}"\r\n\r\n${item}`,
  );
  const text = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("")}--${boundary}--\r\n`;
  return { type: `${type}; boundary=${boundary}`, bytes: text };
}
