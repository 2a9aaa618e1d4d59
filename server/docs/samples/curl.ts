import { type SampleRequest, sampleUrl } from "./request.ts";
import { quoted } from "./shell.ts";

/** The request as a curl command. The credential comes from `REELMARK_TOKEN`, so that none is pasted into a history. */
export function curlSample(request: SampleRequest, base: string): string {
  const { method, body } = request;
  const plain = method === "get" || (method === "post" && body !== undefined);
  const parts = [
    `curl -sS${request.isStream ? "N" : ""} ${plain ? "" : `-X ${method.toUpperCase()} `}${quoted(sampleUrl(base, request))}`,
  ];
  if (request.credential) parts.push(`-H "Authorization: Bearer $REELMARK_TOKEN"`);
  if (body?.kind === "json") {
    parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body.value, null, 2))}`);
  }
  if (body?.kind === "multipart") parts.push(`-F ${quoted(`file=@${body.file}`)}`);
  if (body?.kind === "bytes") {
    parts.push(`-H ${quoted(`Content-Type: ${body.type}`)}`, `--data-binary ${quoted(`@${body.file}`)}`);
  }
  return parts.join(" \\\n  ");
}
