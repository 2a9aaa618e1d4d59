import type { Draft } from "../draft.ts";

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** Longer bodies are cut in a finding: their length is what matters. */
const MOST = 2_000;

/** The curl command that sends a draft. Bodies that are no text, or very long, are described instead. */
export function toCurl(base: string, draft: Draft): string {
  const search = draft.query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  const method = draft.method === "GET" ? [] : draft.method === "HEAD" ? ["--head"] : ["-X", draft.method];
  const headers: Record<string, string> = { ...draft.headers };
  if (draft.body && headers["content-type"] === undefined) headers["content-type"] = draft.body.type;
  const flags = Object.entries(headers).flatMap(([name, value]) => ["-H", quote(`${name}: ${value}`)]);
  return [
    "curl",
    ...method,
    quote(`${base}${draft.path}${search === "" ? "" : `?${search}`}`),
    ...flags,
    ...body(draft),
  ].join(" ");
}

function body({ body: sent }: Draft): string[] {
  if (sent === undefined) return [];
  if (typeof sent.bytes !== "string") return ["--data-binary", "@file"];
  if (sent.bytes.length > MOST)
    return ["--data-binary", quote(`${sent.bytes.slice(0, 80)}… (${sent.bytes.length} characters)`)];
  return ["--data-binary", quote(sent.bytes)];
}
