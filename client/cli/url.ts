/** A text as a URL; undefined where it is none. `URL.parse` is not in Node 20. */
export const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
