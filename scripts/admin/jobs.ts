import { jobOverview, listDeadJobs, retryDeadJobs } from "../../server/admin/jobs.ts";
import { QUEUES } from "../../server/jobs/queues.ts";
import { UsageError } from "../usage.ts";
import { columns, command, oneOf } from "./command.ts";

const NAMES = Object.keys(QUEUES);
const whichOptions = { queue: { type: "string" }, id: { type: "string" } } as const;
const which = ({ queue, id }: { queue?: string | undefined; id?: string | undefined }) => ({
  ...(queue === undefined ? {} : { queue: oneOf(NAMES, queue, "--queue") }),
  ...(id === undefined ? {} : { id }),
});

const overview = command({
  name: "list-jobs",
  about: "Shows what is in every queue",
  usage: "",
  notes: `Queue, state, number of jobs, age of the oldest. Waiting: due, but no worker has it yet. Planned: for later, as after
an error. Active: in work. Dead: failed for good.`,
  options: {},
  async run(_flags, { operate }) {
    const rows = await operate(jobOverview);
    const lines = rows.map(({ queue, state, count, oldest }) => [queue, state, String(count), `${oldest} s`]);
    return { json: { queues: rows }, text: columns(lines, "There is no job.") };
  },
});

const dead = command({
  name: "list-dead-jobs",
  about: "Lists the jobs that failed for good, the latest first",
  usage: `[--queue <${NAMES.join("|")}>] [--id <id>]`,
  notes: "Id, queue, when it died, after how many tries, organization, the row that it was about, its last error.",
  options: whichOptions,
  async run(flags, { operate }) {
    const jobs = await operate((operator) => listDeadJobs(operator, which(flags)));
    const lines = jobs.map(({ id, queue, died_at, tries, data, error }) =>
      [id, queue, died_at, String(tries), data.org_id || "-", data.id || "-", error].map((cell) => cell.slice(0, 120)),
    );
    return { json: { jobs }, text: columns(lines, "No job is dead.") };
  },
});

const retry = command({
  name: "retry-dead-jobs",
  about: "Has dead jobs tried again, as often as new ones",
  usage: `--all | --queue <${NAMES.join("|")}> | --id <id>`,
  notes: `  --all           all that can be
  --queue <name>  those of one queue
  --id <id>       one; list-dead-jobs shows the ids

Deliveries of webhooks are tried again. What else a dead job was about has ended, and its owner was told: the command says
what to do instead.`,
  options: { ...whichOptions, all: { type: "boolean" } },
  async run({ all, ...flags }, { operate }) {
    if (!all && flags.queue === undefined && flags.id === undefined) throw new UsageError("Say --all, --queue or --id");
    const done = await operate((operator) => retryDeadJobs(operator, which(flags)));
    const left = [...new Set(done.left.map(({ why }) => why))].map((why) => `\nNot tried again: ${why}.`);
    return { json: done, text: `${done.retried.length} put back into their queues.${left.join("")}` };
  },
});

export const jobs = [overview, dead, retry];
