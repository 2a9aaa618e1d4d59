import type { Operation } from "../../spec/kit/operation.ts";

/** A JSDoc block: what an editor shows on hover. */
function documented(op: Operation): string {
  const text = [op.summary + (op.description ? `. ${op.description}` : "")];
  if (op.deprecated) text.push("", `@deprecated Gone on ${op.deprecated.sunset}: use ${op.deprecated.use}`);
  return text.map((line) => `   * ${line}`.trimEnd()).join("\n");
}

/** Whether a call needs an argument at all. */
const needsArgument = (op: Operation) => op.body !== undefined || Object.keys(op.params).length > 0;

/** The client's table of operations and the interface of its methods, from a contract. */
export function operationsModule(contract: Record<string, Operation>): string {
  const all = Object.values(contract);
  const rows = all.map((op) => `  ${op.id}: ["${op.method}", "${op.path}"],`);
  const methods = all.map((op) => {
    const optional = needsArgument(op) ? "" : "?";
    return `  /**\n${documented(op)}\n   */\n  ${op.id}(options${optional}: Options<"${op.id}">): Promise<Result<"${op.id}">>;`;
  });
  return `import type { Options, Result } from "../types.ts";

/** Method and path of every operation. */
export const OPERATIONS = {
${rows.join("\n")}
} as const;

/** One method an operation, named by its id. */
export interface Operations {
${methods.join("\n\n")}
}
`;
}
