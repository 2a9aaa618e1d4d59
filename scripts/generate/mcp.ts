import { reelmarkDocument } from "../../spec/document.ts";
import type { Operation } from "../../spec/kit/operation.ts";
import { insteadOf, isExpressible, type Tool, toolsOf } from "../../spec/kit/tools.ts";
import { code, table } from "./markdown.ts";

type Contract = Readonly<Record<string, Operation>>;

/** Who never calls by a tool: payment services, and whoever was given a signed address. */
const callsByTool = ({ auth }: Operation) => auth === "credential" || auth === "session";

/** What tools say of a call, with how many operations say it and the first of them, as a Markdown table. */
export function hintsTable(contract: Contract): string {
  const kinds = new Map<string, { hints: Tool["annotations"]; ids: string[] }>();
  for (const { op, tool } of toolsOf(contract, reelmarkDocument())) {
    if (!callsByTool(op)) continue;
    const key = JSON.stringify(tool.annotations);
    const kind = kinds.get(key) ?? { hints: tool.annotations, ids: [] };
    kind.ids.push(op.id);
    kinds.set(key, kind);
  }
  const say = (is: boolean) => (is ? "yes" : "no");
  const harmlessFirst = [...kinds.values()].sort((a, b) => Number(b.hints.readOnlyHint) - Number(a.hints.readOnlyHint));
  const rows = harmlessFirst.map(({ hints, ids }) => [
    ids.slice(0, 3).map(code).join(" ") + (ids.length > 3 ? ` and ${ids.length - 3} more` : ""),
    say(hints.readOnlyHint),
    say(hints.destructiveHint),
    say(hints.idempotentHint),
  ]);
  return table(["operations", "reads only", "may destroy", "safe to repeat"], rows);
}

/** Operations that no tool can be, and what does the same, as a Markdown table. */
export function bytesTable(contract: Contract): string {
  const rows = Object.values(contract)
    .filter((op) => callsByTool(op) && !isExpressible(op))
    .map((op) => [
      code(op.id),
      op.summary,
      insteadOf(contract, op)
        .map(({ id }) => code(id))
        .join(" ") || "–",
    ]);
  return table(["operation", "what it does", "instead"], rows);
}
