import type { z } from "../../spec/kit/schema.ts";

/** Called with the path of every field that a schema does not declare. */
export type OnExcess = (path: string) => void;
/** Copies what its schema declares and reports the rest. */
export type Strip = (value: unknown, path: string, onExcess: OnExcess) => unknown;

type Def = {
  type: string;
  innerType?: z.ZodType;
  element?: z.ZodType;
  valueType?: z.ZodType;
  items?: readonly z.ZodType[];
  rest?: z.ZodType | null;
  options?: readonly z.ZodType[];
  shape?: Record<string, z.ZodType>;
  catchall?: z.ZodType;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const keep: Strip = (value) => value;

const WRAPPERS = new Set(["optional", "nullable", "default", "prefault", "readonly", "nonoptional"]);

/**
 * Compiles a response schema to a key-picker: what the contract does not name never leaves the server, for 12 µs a page of
 * 20 where a full parse takes 46 (stack.md). Types are checked by a full parse in tests and development.
 */
export function compileStrip(schema: z.ZodType): Strip {
  // See spec/kit/examples.ts: every schema carries `def`; only the keys named in Def are read.
  const def = schema.def as Def;
  if (def.type === "array" && def.element) {
    const item = compileStrip(def.element);
    if (item === keep) return keep;
    return (value, path, onExcess) =>
      Array.isArray(value) ? value.map((one, i) => item(one, `${path}[${i}]`, onExcess)) : value;
  }
  if (def.type === "record" && def.valueType) {
    const item = compileStrip(def.valueType);
    if (item === keep) return keep;
    return (value, path, onExcess) =>
      isRecord(value)
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, item(one, `${path}.${key}`, onExcess)]))
        : value;
  }
  if (def.type === "tuple" && def.items) return compileTuple(def.items, def.rest);
  if (WRAPPERS.has(def.type) && def.innerType) {
    const inner = compileStrip(def.innerType);
    return inner === keep ? keep : (value, path, onExcess) => (value == null ? value : inner(value, path, onExcess));
  }
  if (def.type === "union" && def.options) return compileUnion(def.options);
  if (def.type === "object" && def.shape && def.catchall === undefined) return compileObject(def.shape);
  return keep;
}

function compileTuple(items: readonly z.ZodType[], rest: z.ZodType | null | undefined): Strip {
  const strips = items.map(compileStrip);
  const after = rest ? compileStrip(rest) : keep;
  if ([...strips, after].every((strip) => strip === keep)) return keep;
  return (value, path, onExcess) =>
    Array.isArray(value) ? value.map((one, i) => (strips[i] ?? after)(one, `${path}[${i}]`, onExcess)) : value;
}

function compileObject(shape: Record<string, z.ZodType>): Strip {
  const fields = Object.entries(shape).map(([key, field]) => [key, compileStrip(field)] as const);
  const known = new Set(Object.keys(shape));
  return (value, path, onExcess) => {
    if (!isRecord(value)) return value;
    const result: Record<string, unknown> = {};
    let kept = 0;
    for (const [key, strip] of fields) {
      const field = value[key];
      if (field === undefined) continue;
      kept++;
      result[key] = strip === keep ? field : strip(field, `${path}.${key}`, onExcess);
    }
    const keys = Object.keys(value);
    if (keys.length > kept) {
      for (const key of keys) if (!known.has(key)) onExcess(`${path}.${key}`);
    }
    return result;
  };
}

function compileUnion(options: readonly z.ZodType[]): Strip {
  const strips = options.map((option) => ({ option, strip: compileStrip(option) }));
  const objects = strips.filter(({ strip }) => strip !== keep);
  const only = objects.length === 1 ? objects[0] : undefined;
  if (objects.length === 0) return keep;
  if (only) return only.strip;
  return (value, path, onExcess) => {
    const match = objects.find(({ option }) => option.safeParse(value).success);
    if (match) return match.strip(value, path, onExcess);
    if (!isRecord(value) && !Array.isArray(value)) return value;
    // Which fields may leave is unknown, so none do: a 500, never a leak.
    throw new Error(`${path} fits none of the schemas that it may have`);
  };
}
