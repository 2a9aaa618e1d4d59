import type { Command, Field } from "../../client/cli/table.ts";
import type { Call, Plain } from "./surface.ts";

const flag = (name: string) => `--${name.replaceAll("_", "-")}`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One value as a flag; undefined where no text of a flag would be read as it. */
function worded(field: Field, value: unknown): string[] | undefined {
  const name = flag(field.name);
  if (field.list) {
    const isSimple = (one: unknown) =>
      typeof one === "string" && one !== "" && one.trim() === one && !one.includes(",");
    if (field.type !== "string" || !Array.isArray(value) || !value.every(isSimple) || value.join() === "null")
      return undefined;
    return value.length === 0 ? [`${name}=`] : value.map((one) => `${name}=${one}`);
  }
  if (field.type === "boolean")
    return typeof value === "boolean" ? [value ? name : `--no-${name.slice(2)}`] : undefined;
  if (field.type === "json") return isObject(value) ? [`${name}=${JSON.stringify(value)}`] : undefined;
  if (field.type === "integer") return Number.isSafeInteger(value) ? [`${name}=${value}`] : undefined;
  if (field.type === "number") return typeof value === "number" ? [`${name}=${value}`] : undefined;
  return typeof value === "string" ? [`${name}=${value}`] : undefined;
}

/** A value of the query as a flag: everything is text there. */
function asked(field: Field | undefined, value: Plain | readonly Plain[]): string[] | undefined {
  if (!field || (Array.isArray(value) && !field.list)) return undefined;
  if (field.list) return worded(field, [value].flat().map(String));
  if (field.type === "boolean") return worded(field, value === "true" || (value === "false" ? false : value));
  return [`${flag(field.name)}=${value}`];
}

/** The leaves of a body by their flags; undefined where one has none. */
function leaves(command: Command, body: Record<string, unknown>, path = ""): string[] | undefined {
  const made: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    const field = command.fields.find((one) => one.in === "body" && one.name === path + name);
    const hasBelow = command.fields.some((one) => one.in === "body" && one.name.startsWith(`${path}${name}.`));
    const cleared = field?.nullable && value === null ? [`--clear=${path}${name}`] : undefined;
    const below = !field && hasBelow && isObject(value) && Object.keys(value).length > 0;
    const some = cleared ?? (below ? leaves(command, value, `${path}${name}.`) : field && worded(field, value));
    if (!some) return undefined;
    made.push(...some);
  }
  return made;
}

/**
 * The words after a command's own: its flags, then its ids. A body goes by the flags of its fields where they can say it, and
 * whole by `--body` elsewhere. Undefined where the command line has no words for the call.
 */
export function flagsOf(command: Command, { params, query, body, key }: Call): string[] | undefined {
  const made: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    const words = asked(
      command.fields.find((field) => field.in === "query" && field.name === name),
      value,
    );
    if (!words) return undefined;
    made.push(...words);
  }
  if (body !== undefined) {
    const isSaid = isObject(body) && Object.keys(body).length > 0;
    made.push(...((isSaid ? leaves(command, body) : undefined) ?? [`--body=${JSON.stringify(body)}`]));
  }
  if (key !== undefined) {
    if (!command.keyed) return undefined;
    made.push(`--idempotency-key=${key}`);
  }
  return [...made, "--", ...command.params.map(({ name }) => params[name] ?? "")];
}
