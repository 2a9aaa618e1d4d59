import type { Command as Commander, Option } from "commander";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { readProfiles } from "./profiles.ts";

/** One word that could come next, and what it means. */
type Candidate = readonly [word: string, about: string];

const BASH = `# reelmark completion bash >> ~/.bashrc
_reelmark() {
  local line="\${COMP_LINE:0:COMP_POINT}" words word cur strip
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    [[ -n "$word" ]] && COMPREPLY+=("$word")
  done < <(reelmark complete -- "\${words[@]:1}" 2>/dev/null)
  # Bash takes a colon or an equals sign for the end of a word, and puts only what comes after it.
  if [[ "$cur" == *[:=]* ]]; then
    strip="\${cur%"\${cur##*[:=]}"}"
    COMPREPLY=("\${COMPREPLY[@]#"$strip"}")
  fi
}
complete -o default -F _reelmark reelmark
`;

const ZSH = `#compdef reelmark
# reelmark completion zsh > "\${fpath[1]}/_reelmark"
_reelmark() {
  local -a found
  local word about
  while IFS=$'\\t' read -r word about; do
    found+=("\${word//:/\\\\:}:$about")
  done < <(reelmark complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe reelmark found; else _files; fi
}
if [[ "$funcstack[1]" = _reelmark ]]; then _reelmark "$@"; else compdef _reelmark reelmark; fi
`;

const FISH = `# reelmark completion fish > ~/.config/fish/completions/reelmark.fish
function __reelmark_complete
  set -l words (commandline -opc) (commandline -ct)
  if test "$words[-2]" = --file
    __fish_complete_path $words[-1]
  else
    reelmark complete -- $words[2..-1] 2>/dev/null
  end
end
complete -c reelmark -f -a '(__reelmark_complete)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** The completion script of a shell. Throws UsageError for one that there is none for. */
export function completionScript(shell: string): string {
  const script = SCRIPTS[shell];
  if (!script)
    throw new UsageError(`There is no completion for "${shell}"`, `There is for ${Object.keys(SCRIPTS).join(", ")}.`);
  return script;
}

const takesValue = (option: Option) => option.required || option.optional;

/** The command that whole words lead to, and the option that waits for its value. */
function walk(program: Commander, words: readonly string[]): { at: Commander; open: Option | undefined } {
  let at = program;
  let open: Option | undefined;
  for (const word of words) {
    if (open) open = undefined;
    else if (word.startsWith("-")) {
      const found = [...at.options, ...program.options].find(({ long, short }) => word === long || word === short);
      open = found && takesValue(found) && !word.includes("=") ? found : undefined;
    } else at = at.commands.find((one) => one.name() === word || one.aliases().includes(word)) ?? at;
  }
  return { at, open };
}

/** Values of an option: of a list only its last one is completed. */
async function valuesOf(option: Option, partial: string, io: Io): Promise<Candidate[]> {
  const before = partial.slice(0, partial.lastIndexOf(",") + 1);
  if (option.long === "--profile")
    return Object.entries((await readProfiles(io)).profiles).map(([name, { url }]) => [name, url ?? ""]);
  const given = before.split(",");
  return (option.argChoices ?? []).filter((one) => !given.includes(one)).map((one) => [before + one, ""]);
}

/**
 * What could stand at the end of a command line: `words` are all after `reelmark`, the last one as far as it is typed.
 * One candidate a line, its meaning after a tab.
 */
export async function completed(program: Commander, words: readonly string[], io: Io): Promise<string> {
  const partial = words.at(-1) ?? "";
  const { at, open } = walk(program, words.slice(0, -1));
  const [, flag, value = ""] = /^(--[\w.-]+=)(.*)$/.exec(partial) ?? [];
  const meant = flag && [...at.options, ...program.options].find(({ long }) => `${long}=` === flag);
  let candidates: Candidate[];
  if (meant) candidates = (await valuesOf(meant, value, io)).map(([word, about]) => [flag + word, about]);
  else if (open) candidates = await valuesOf(open, partial, io);
  else if (partial.startsWith("-"))
    candidates = [...at.options, ...program.options]
      .filter(({ hidden, long }) => !hidden && long && !words.slice(0, -1).includes(long))
      .map(({ long = "", description }) => [long, description]);
  else {
    const values = at.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    candidates = [
      ...at.commands.map((one): Candidate => [one.name(), one.summary() || one.description()]),
      ...values.map((value): Candidate => [value, ""]),
    ];
  }
  return candidates
    .filter(([word]) => word.startsWith(partial))
    .map(([word, about]) => `${word}\t${about.replace(/\s+/g, " ")}\n`)
    .join("");
}
