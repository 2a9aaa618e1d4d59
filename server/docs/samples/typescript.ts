import type { SampleRequest } from "./request.ts";

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** A value as a person writes it in TypeScript: short ones on one line, names without quotes. */
function literal(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item: unknown) => literal(item, inner))
    : Object.entries(value).map(
        ([name, item]) => `${IDENTIFIER.test(name) ? name : JSON.stringify(name)}: ${literal(item, inner)}`,
      );
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (parts.length === 0) return `${open}${close}`;
  const flat = isList ? `[${parts.join(", ")}]` : `{ ${parts.join(", ")} }`;
  if (!flat.includes("\n") && indent.length + flat.length <= 76) return flat;
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join("")}${indent}${close}`;
}

/** The request as a call of the typed client: `api.createBrand({ body: { … } })`. */
export function typescriptSample(request: SampleRequest, base: string): string {
  const { body } = request;
  const lines = [`import { createClient } from "@reelmark/client";`];
  if (body && body.kind !== "json") lines.unshift(`import { openAsBlob } from "node:fs";`);
  const token = request.credential ? ', token: process.env.REELMARK_TOKEN ?? ""' : "";
  lines.push("", `const api = createClient({ baseUrl: ${JSON.stringify(base)}${token} });`);
  const options: string[] = [];
  if (Object.keys(request.params).length > 0) options.push(`params: ${literal(request.params, "  ")}`);
  if (Object.keys(request.query).length > 0) options.push(`query: ${literal(request.query, "  ")}`);
  if (body?.kind === "json") options.push(`body: ${literal(body.value, "  ")}`);
  if (body?.kind === "bytes") options.push(`body: await openAsBlob(${JSON.stringify(body.file)})`);
  if (body?.kind === "multipart") {
    const file = JSON.stringify(body.file);
    lines.push("const form = new FormData();", `form.append("file", await openAsBlob(${file}), ${file});`);
    options.push("body: form");
  }
  const flat = options.length === 0 ? "" : `{ ${options.join(", ")} }`;
  const isLong = flat.includes("\n") || flat.length > 60;
  const given = isLong ? `{\n${options.map((option) => `  ${option},\n`).join("")}}` : flat;
  lines.push(`const result = await api.${request.id}(${given});`);
  if (request.isStream)
    lines.push("for await (const text of result.pipeThrough(new TextDecoderStream())) console.log(text);");
  else lines.push("console.log(result);");
  return lines.join("\n");
}
