import type { Principal } from "./types.ts";

/** A principals file that cannot be used; the message says where it is wrong. */
export class PrincipalsError extends Error {
  override readonly name = "PrincipalsError";
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((one) => typeof one === "string");

/** What a field name or a value of HTTP may hold (RFC 9110 §5.1, §5.5). */
const isHeader = (name: string, value: string): boolean => {
  try {
    new Headers([[name, value]]);
    return true;
  } catch {
    return false;
  }
};

const FIELDS = ["name", "headers", "tenant", "scopes", "auth"];

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
  const principals = value.map(principal);
  const names = principals.map(({ name }) => name);
  const double = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (double >= 0) throw new PrincipalsError(`[${double}].name must be its own: ${names[double]} is taken`);
  return principals;
}

function principal(one: unknown, at: number): Principal {
  const wrong = (what: string) => new PrincipalsError(`[${at}]${what}`);
  if (typeof one !== "object" || one === null || Array.isArray(one)) throw wrong(" must be an object");
  const { name, headers = {}, tenant, scopes, auth } = one as Record<string, unknown>;
  if (typeof name !== "string" || name === "") throw wrong(".name must be a text");
  if (typeof tenant !== "string" || tenant === "")
    throw wrong(".tenant must be a text: principals of one tenant share it");
  if (!isTexts(headers)) throw wrong('.headers must be an object of texts, such as { "authorization": "Bearer …" }');
  const bad = Object.entries(headers).find((entry) => !isHeader(...entry));
  if (bad) throw wrong(`.headers.${bad[0]} cannot be sent: look for a line break or a character beyond Latin-1`);
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === "string")) {
    throw wrong('.scopes must be a list of texts; ["*"] for all');
  }
  if (auth !== undefined && typeof auth !== "string") throw wrong(".auth must be a text, such as session");
  // A misspelled field would be somebody without a credential, and every finding after it false.
  const unknown = Object.keys(one).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw wrong(` has no field ${unknown}: there are ${FIELDS.join(", ")}`);
  return { name, headers, tenant, scopes, ...(auth === undefined ? {} : { auth }) };
}
