import { isDeepStrictEqual } from "node:util";
import { type Expression, evaluate, parseExpression, type Scene, WorkflowError } from "./expressions.ts";

/** A simple condition, read: literals, runtime expressions and operators of Arazzo 1.0.1 (Criterion Object). */
export type Condition =
  | { readonly literal: unknown }
  | { readonly expression: Expression }
  | { readonly not: Condition }
  | { readonly operator: string; readonly left: Condition; readonly right: Condition };

const TOKEN =
  /\s*(?:(&&|\|\||[=!<>]=|[!<>()])|('(?:[^']|'')*')|(\$[A-Za-z][^\s()=!<>&|{}',]*)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(true|false|null)\b)/y;

type Token = { readonly kind: "operator" | "literal" | "expression"; readonly text: string; readonly value?: unknown };

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ""; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [, operator, string, expression, number, word] = TOKEN.exec(text) ?? [];
    if (operator) found.push({ kind: "operator", text: operator });
    else if (string) found.push({ kind: "literal", text: string, value: string.slice(1, -1).replaceAll("''", "'") });
    else if (expression) found.push({ kind: "expression", text: expression });
    else if (number ?? word) {
      const literal = number ?? word ?? "";
      found.push({ kind: "literal", text: literal, value: JSON.parse(literal) });
    } else
      throw new WorkflowError(
        `the condition "${text}" cannot be read from "${text.slice(at).trim()}" on: texts stand in single quotes`,
      );
  }
  return found;
}

/** The strength with which an operator binds: the higher, the closer. */
const STRENGTH: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
};

/** Reads a simple condition. Throws WorkflowError where it is none. */
export function parseCondition(text: string): Condition {
  const list = tokens(text);
  let at = 0;
  const wrong = (what: string) => new WorkflowError(`the condition "${text}" is not complete: ${what}`);

  function operand(): Condition {
    const token = list[at++];
    if (!token) throw wrong("a value is missing at its end");
    if (token.kind === "literal") return { literal: token.value };
    if (token.kind === "expression") return { expression: parseExpression(token.text) };
    if (token.text === "!") return { not: operand() };
    if (token.text !== "(") throw wrong(`a value is missing before "${token.text}"`);
    const inner = climb(1);
    if (list[at++]?.text !== ")") throw wrong("a bracket is not closed");
    return inner;
  }

  /** Operators of this strength and above, each over all that binds closer. */
  function climb(least: number): Condition {
    let left = operand();
    for (;;) {
      const operator = list[at]?.kind === "operator" ? (list[at]?.text ?? "") : "";
      const strength = STRENGTH[operator] ?? 0;
      if (strength < least) return left;
      at++;
      left = { operator, left, right: climb(strength + 1) };
    }
  }

  const read = climb(1);
  if (at < list.length) throw wrong(`"${list[at]?.text}" is left over`);
  return read;
}

/** Every expression that a condition looks at. */
export function expressionsOf(condition: Condition): Expression[] {
  if ("expression" in condition) return [condition.expression];
  if ("not" in condition) return expressionsOf(condition.not);
  return "operator" in condition ? [...expressionsOf(condition.left), ...expressionsOf(condition.right)] : [];
}

/** Whether a condition holds. A value that is not there is equal to nothing, not even to another such. */
export const holds = (condition: Condition, scene: Scene): boolean => isTrue(result(condition, scene));

const isTrue = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

function result(condition: Condition, scene: Scene): unknown {
  if ("literal" in condition) return condition.literal;
  if ("expression" in condition) return evaluate(condition.expression, scene);
  if ("not" in condition) return !holds(condition.not, scene);
  const { operator, left, right } = condition;
  if (operator === "&&") return holds(left, scene) && holds(right, scene);
  if (operator === "||") return holds(left, scene) || holds(right, scene);
  const [a, b] = alike(result(left, scene), result(right, scene));
  if (operator === "==") return isEqual(a, b);
  if (operator === "!=") return !isEqual(a, b);
  return compares(operator, a, b);
}

/** Arazzo compares loosely: a number that came as text, as in a header, is a number beside one. */
function alike(a: unknown, b: unknown): [unknown, unknown] {
  const number = (value: unknown) =>
    typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof a === "number") return [a, number(b)];
  return typeof b === "number" ? [number(a), b] : [a, b];
}

/** "String comparisons MUST be case insensitive" (Arazzo 1.0.1, Operators): where case matters, a regex says so. */
const folded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === "string" ? one.toLowerCase() : one)));

function isEqual(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && isDeepStrictEqual(folded(a), folded(b));
}

/** Numbers by size, texts by their characters: times of RFC 3339 in UTC come in their order. */
function compares(operator: string, a: unknown, b: unknown): boolean {
  const both = typeof a === typeof b && (typeof a === "number" || typeof a === "string");
  if (!both) return false;
  // Both are numbers or both are texts: the line above looked.
  const [x, y] = typeof a === "string" ? [a.toLowerCase(), (b as string).toLowerCase()] : [a as number, b as number];
  if (operator === "<") return x < y;
  if (operator === "<=") return x <= y;
  return operator === ">" ? x > y : x >= y;
}
