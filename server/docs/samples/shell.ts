/** A word for a POSIX shell that it takes as it stands. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
