const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Only a provider's server, or whoever was given a signed address, calls these: no command says them. */
const NOT_FOR_PEOPLE = new Set(["provider", "signed"]);

/**
 * The words of an operation's command: the path's fixed words, and the verb of its id where the last word is no verb itself.
 * `listPersonas` of `/v1/personas` is `personas list`; `rotateApiKey` of `/v1/api-keys/{api_key_id}/rotate` `api-keys rotate`.
 * Undefined of one that has none: `auth` is the document's `x-auth`, and an event stream has its own command, `reelmark listen`.
 */
export function commandWords(path: string, id: string, auth: unknown, isStream: boolean): string[] | undefined {
  if (isStream || (typeof auth === "string" && NOT_FOR_PEOPLE.has(auth))) return undefined;
  const fixed = path.split("/").filter((word) => word && word !== "v1" && !word.startsWith("{"));
  const verb = kebab(id).split("-")[0] ?? "";
  return fixed.at(-1)?.split("-")[0] === verb ? fixed : [...fixed, verb];
}
