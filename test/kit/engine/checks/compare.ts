import type { Api } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import type { Exchange } from "../types.ts";

/** An answer in a few words. */
export const shown = ({ status, text }: Exchange): string => `${status} ${text.slice(0, 160)}`;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Fields of what was sent that an answer shows otherwise. Only fields of that name count, and only where the answer's
 * schema would take what was sent: a `plan` may be sent by its id and shown whole.
 */
export function differences(
  sent: unknown,
  shown: unknown,
  takes: (name: string, value: unknown) => boolean = () => true,
): string[] {
  if (!isRecord(sent) || !isRecord(shown)) return [];
  return Object.entries(sent).flatMap(([name, value]) => {
    if (!(name in shown) || !takes(name, value)) return [];
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

/** Whether a field of what an operation answers takes a value; unknown fields take any. */
export function takesIn(api: Api, op: DocumentedOperation | undefined): (name: string, value: unknown) => boolean {
  const answer = op && api.success(op).schema;
  const fields = answer ? (api.schemas.of(answer).properties ?? {}) : {};
  return (name, value) => {
    const schema = fields[name];
    return schema === undefined || api.schemas.fits(schema, value);
  };
}
