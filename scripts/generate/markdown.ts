/** Puts generated text between `<!-- name -->` and `<!-- /name -->`. Throws when a document lacks the marks. */
export function marked(text: string, name: string, inside: string): string {
  const open = `<!-- ${name} -->`;
  const close = `<!-- /${name} -->`;
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) throw new Error(`The marks ${open} and ${close} are missing`);
  return `${text.slice(0, from + open.length)}\n${inside}\n${text.slice(to)}`;
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** A Markdown table. No cell may hold a line break or a bar. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

/** A name as code. */
export const code = (name: string): string => `\`${name}\``;
