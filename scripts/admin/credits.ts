import { giveCredits } from "../../server/admin/credits.ts";
import { UsageError } from "../usage.ts";
import { command, need } from "./command.ts";

/** More is a mistyped number. */
const MOST = 1_000_000_000;
const MOST_TEXT = 200;

function amount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const credits = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (credits >= 1 && credits <= MOST) return credits;
  throw new UsageError(`--credits must be a whole number from 1 to ${MOST}; with --take-back they are taken`);
}

function short(text: string | undefined, option: string): string | undefined {
  if (text === undefined || (text.trim() !== "" && text.length <= MOST_TEXT)) return text;
  throw new UsageError(`${option} must have 1 to ${MOST_TEXT} characters`);
}

const grantCreditsCommand = command({
  name: "grant-credits",
  about: "Gives an organization credits, or takes some back",
  usage: "--organization <id> (--credits <n> [--take-back] | --topup <id>) [--note <text>] [--key <name>]",
  notes: `  --organization <id>  list-organizations shows the ids
  --credits <n>        how many
  --take-back          takes them instead; never more than can be spent
  --topup <id>         what was asked for by a top-up: gives its credits, and marks it as paid
  --note <text>        shown to the organization beside the movement
  --key <name>         names this grant: repeated with the same name, it is done once. A top-up is its own name`,
  options: {
    organization: { type: "string" },
    credits: { type: "string" },
    "take-back": { type: "boolean" },
    topup: { type: "string" },
    note: { type: "string" },
    key: { type: "string" },
  },
  async run(flags, { operate }) {
    const organization = need(flags.organization, "--organization <id>");
    const credits = amount(flags.credits);
    const { topup, "take-back": takeBack = false } = flags;
    if (credits === undefined && topup === undefined) throw new UsageError("Say --credits <n>, or --topup <id>");
    if (takeBack && (topup !== undefined || credits === undefined)) {
      throw new UsageError("--take-back takes credits, not a top-up: say --credits <n>, and leave --topup out");
    }
    const wanted = {
      organization,
      credits: credits !== undefined && takeBack ? -credits : credits,
      note: short(flags.note, "--note") ?? null,
      topupId: topup,
      key: short(flags.key, "--key"),
    };
    const done = await operate((operator) => giveCredits(operator, wanted));
    const deed = `${Math.abs(done.credits)} credits ${done.credits < 0 ? "taken from" : "given to"} ${organization}`;
    const how = done.already ? "was done before; nothing was changed" : `${done.available} can be spent`;
    return { json: done, text: `${deed}: ${how}.` };
  },
});

export const credits = [grantCreditsCommand];
