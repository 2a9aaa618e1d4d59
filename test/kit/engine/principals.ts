import type { Principal } from "./types.ts";

/** A principals file that cannot be used; the message says where it is wrong. */
export class PrincipalsError extends Error {
  override readonly name = "PrincipalsError";
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string");

/** Reads what `principals.json` holds: a list of who may call. Throws PrincipalsError. */
export function readPrincipals(text: string): Principal[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PrincipalsError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(value) || value.length === 0)
    throw new PrincipalsError("must be a list of at least one principal");
  return value.map((one: unknown, at) => {
    const { name, headers = {}, tenant, scopes, auth } = (one ?? {}) as Record<string, unknown>;
    const wrong = (what: string): never => {
      throw new PrincipalsError(`[${at}].${what}`);
    };
    if (typeof name !== "string" || name === "") return wrong("name must be a text");
    if (typeof tenant !== "string" || tenant === "")
      return wrong("tenant must be a text: principals of one tenant share it");
    if (!isTexts(headers)) return wrong('headers must be an object of texts, such as { "authorization": "Bearer …" }');
    if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string")) {
      return wrong('scopes must be a list of texts; ["*"] for all');
    }
    if (auth !== undefined && typeof auth !== "string") return wrong("auth must be a text, such as session");
    return { name, headers, tenant, scopes, ...(auth === undefined ? {} : { auth }) };
  });
}
