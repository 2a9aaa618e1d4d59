import { type SampleRequest, sampleUrl } from "./request.ts";

/** A JSON value as Python writes it. JSON's strings are Python's too. */
function literal(value: unknown, indent: string): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item: unknown) => literal(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item, inner)}`);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  const flat = `${open}${parts.join(", ")}${close}`;
  if (!flat.includes("\n") && indent.length + flat.length <= 76) return flat;
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join("")}${indent}${close}`;
}

/** The request with Python's `requests`. A refusal raises; a call that hangs ends after 30 seconds. */
export function pythonSample(request: SampleRequest, base: string): string {
  const { body } = request;
  const method = request.method.toLowerCase();
  const given = [JSON.stringify(sampleUrl(base, request))];
  const headers: Record<string, string> = {};
  if (request.credential) headers.Authorization = `f"Bearer {os.environ['REELMARK_TOKEN']}"`;
  if (body?.kind === "bytes") headers["Content-Type"] = JSON.stringify(body.type);
  const named = Object.entries(headers).map(([name, value]) => `${JSON.stringify(name)}: ${value}`);
  if (named.length > 0) given.push(`headers={${named.join(", ")}}`);
  if (body?.kind === "json") given.push(`json=${literal(body.value, "    ")}`);
  if (body?.kind === "bytes") given.push(`data=open(${JSON.stringify(body.file)}, "rb")`);
  if (body?.kind === "multipart") given.push(`files={"file": open(${JSON.stringify(body.file)}, "rb")}`);
  if (request.isStream) given.push("stream=True");
  given.push("timeout=30");
  return [
    ...(request.credential ? ["import os", ""] : []),
    "import requests",
    "",
    `response = requests.${method}(`,
    ...given.map((argument) => `    ${argument},`),
    ")",
    "response.raise_for_status()",
    ...(request.isStream
      ? ["for line in response.iter_lines(decode_unicode=True):", "    print(line)"]
      : ["print(response.text)"]),
  ].join("\n");
}
