import { createHmac, randomBytes } from "node:crypto";

export type Json = { [name: string]: unknown };
/** A request's parameters, as Stripe nests them. */
export type Params = { [name: string]: string | Params };

/** An id of Stripe's shape. */
export const stripeId = (prefix: string) => `${prefix}_${randomBytes(12).toString("hex")}`;
export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** `a[b][0][c]=x`, form-encoded, as `{ a: { b: { "0": { c: "x" } } } }`. */
export function parseForm(text: string): Params {
  const result: Params = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/[[\]]+/).filter(Boolean);
    const last = path.pop() ?? "";
    let at = result;
    for (const key of path) {
      const next = at[key];
      const inner: Params = typeof next === "object" ? next : {};
      at[key] = inner;
      at = inner;
    }
    at[last] = value;
  }
  return result;
}

/** A value at a dotted path. */
function at(params: Params, path: string): string | Params | undefined {
  let value: string | Params | undefined = params;
  for (const key of path.split(".")) value = typeof value === "object" ? value[key] : undefined;
  return value;
}

export const textAt = (params: Params, path: string): string | undefined => {
  const value = at(params, path);
  return typeof value === "string" ? value : undefined;
};

export const mapAt = (params: Params, path: string): Record<string, string> => {
  const value = at(params, path);
  if (typeof value !== "object") return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
};

/** An error as Stripe answers it. */
export class WireError extends Error {
  readonly status: number;
  readonly body: Json;
  constructor(status: number, error: Json) {
    super(String(error.message));
    this.status = status;
    this.body = { error };
  }
}

export const missing = (what: string, id: string, param = "id") =>
  new WireError(404, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${what}: '${id}'`,
    param,
  });

export const invalid = (message: string, param?: string) =>
  new WireError(400, { type: "invalid_request_error", message, ...(param ? { param } : {}) });

/** The `Stripe-Signature` of a payload: HMAC-SHA-256 over `<timestamp>.<payload>`, by its documentation, not by the SDK. */
export function signPayload(payload: string, secret: string, timestamp = nowSeconds()): string {
  const v1 = createHmac("sha256", secret).update(`${timestamp}.${payload}`).digest("hex");
  return `t=${timestamp},v1=${v1}`;
}
