import type { Draft } from "../../draft.ts";

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Fields of what was sent that an answer shows otherwise. Only fields of that name count, and only where both are plain. */
export function differences(sent: unknown, shown: unknown): string[] {
  if (!isRecord(sent) || !isRecord(shown)) return [];
  return Object.entries(sent).flatMap(([name, value]) => {
    if (!(name in shown)) return [];
    const seen = shown[name];
    if (isRecord(value) && isRecord(seen)) return differences(value, seen).map((at) => `${name}.${at}`);
    return JSON.stringify(seen) === JSON.stringify(value)
      ? []
      : [`${name}: sent ${JSON.stringify(value)}, read ${JSON.stringify(seen)}`];
  });
}

/** The JSON that a draft carries; undefined where it carries something else. */
export function bodyOf({ body }: Draft): unknown {
  if (typeof body?.bytes !== "string" || !body.type.includes("json")) return undefined;
  return JSON.parse(body.bytes);
}
