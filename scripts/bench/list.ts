import { isDeepStrictEqual, parseArgs } from "node:util";
import autocannon from "autocannon";
import { run, UsageError } from "../usage.ts";
import { type Bench, openBench, withoutPolicies } from "./database.ts";
import { align, type Round, type Summary, spread, summarize, table } from "./figures.ts";
import { profileServer } from "./profile.ts";
import { bare, cpuMicros, type Launched, launch, type Program, reelmark } from "./servers.ts";

const HELP = `Usage: npm run bench -- [--rounds <n>] [--seconds <n>] [--variants] [--profile] [--json]

The list call (GET /api/v1/brands?limit=20, 20 rows of 200) with the whole policy over HTTP, against a bare node:http and
pg server that looks the same key up and answers the same bytes. Both in processes of their own, on one PostgreSQL, with
32 connections and pools of 20; in turns, so that what else the machine does falls on both.

  --rounds <n>     rounds of each server (7)
  --seconds <n>    length of a round (4)
  --variants       also: Reelmark without policies (the cost of row level security), and the bare server with the reads in
                   a transaction, and under the policies
  --profile        instead: where the time of one request goes, from a CPU profile of each under this load
  --json           the figures as JSON, with every round
  --help           this text
`;

const CONNECTIONS = 32;
const PATH = "/api/v1/brands?limit=20";

/** Puts load on a server for some seconds. Throws when any answer is not a 2xx: such a figure would say nothing. */
async function load({ name, url, pid }: Launched, key: string, seconds: number): Promise<Round> {
  const headers = { authorization: `Bearer ${key}` };
  const before = cpuMicros(pid);
  const result = await autocannon({ url: url + PATH, headers, connections: CONNECTIONS, duration: seconds });
  if (result.non2xx + result.errors > 0) throw new Error(`${name}: ${result.non2xx} refusals, ${result.errors} errors`);
  const { requests, latency } = result;
  const cpu = (cpuMicros(pid) - before) / requests.total;
  return { perSecond: requests.total / result.duration, p50: latency.p50, p99: latency.p99, cpu };
}

async function answer({ url }: Launched, key: string): Promise<unknown> {
  const response = await fetch(url + PATH, { headers: { authorization: `Bearer ${key}` } });
  return response.json();
}

async function programs(bench: Bench, variants: boolean): Promise<Program[]> {
  const both = [bare(bench.url), reelmark(bench.url)];
  if (!variants) return both;
  return [
    ...both,
    reelmark(await withoutPolicies(bench.url), "reelmark, no policies"),
    bare(bench.url, "bare, in a transaction", "transaction"),
    bare(bench.url, "bare, under policies", "policies"),
  ];
}

type Measured = { readonly summaries: Summary[]; readonly rounds: Record<string, Round[]> };

async function measure(
  bench: Bench,
  options: { rounds: number; seconds: number; variants: boolean },
): Promise<Measured> {
  const launched: Launched[] = [];
  try {
    for (const program of await programs(bench, options.variants)) launched.push(await launch(program));
    const [baseline, ...others] = launched;
    if (!baseline) throw new Error("there is nothing to measure");
    const expected = await answer(baseline, bench.key);
    for (const other of others) {
      const same = isDeepStrictEqual(await answer(other, bench.key), expected);
      if (!same) throw new Error(`${other.name} answers something else than ${baseline.name}: nothing to compare`);
    }
    for (const server of launched) await load(server, bench.key, 2);
    const rounds: Record<string, Round[]> = {};
    for (let round = 0; round < options.rounds; round++) {
      // Whoever runs after the other gains or loses by it: the order turns each round.
      for (const server of round % 2 === 0 ? launched : launched.toReversed()) {
        rounds[server.name] = [...(rounds[server.name] ?? []), await load(server, bench.key, options.seconds)];
      }
    }
    const base = rounds[baseline.name] ?? [];
    return { summaries: launched.map(({ name }) => summarize(name, rounds[name] ?? [], base)), rounds };
  } finally {
    for (const server of launched) await server.stop();
  }
}

async function profile(bench: Bench, program: Program, seconds: number): Promise<string> {
  const { groups, requests } = await profileServer(program, async (server) => {
    await load(server, bench.key, 3);
    const from = process.hrtime.bigint();
    const { perSecond } = await load(server, bench.key, seconds);
    const to = process.hrtime.bigint();
    return { from, to, requests: (perSecond * Number(to - from)) / 1e9 };
  });
  const total = groups.reduce((sum, { micros }) => sum + micros, 0);
  const rows = groups.map(({ area, micros, top }) => [
    area,
    `${((100 * micros) / total).toFixed(1)} %`,
    (micros / requests).toFixed(1),
    top,
  ]);
  const head = `${program.name}: ${(total / requests).toFixed(0)} µs a request, over ${requests.toFixed(0)} requests in ${seconds} s`;
  return `${head}\n\n${align([["area", "time", "µs a request", "most of it in"], ...rows])}\n`;
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} "${text}" is not a number: give one from 1 to 9999`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "7" },
      seconds: { type: "string", default: "4" },
      variants: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const rounds = whole("rounds", values.rounds);
  const seconds = whole("seconds", values.seconds);
  const bench = await openBench();
  // The servers have their own SIGINT from the terminal; PostgreSQL, in a process group of its own, has none.
  process.once("SIGINT", () => void bench.close().finally(() => process.exit(130)));
  try {
    if (values.profile) {
      for (const program of [reelmark(bench.url), bare(bench.url)]) console.log(await profile(bench, program, seconds));
      return;
    }
    const measured = await measure(bench, { rounds, seconds, variants: values.variants });
    if (values.json) return console.log(JSON.stringify(measured, null, 2));
    console.log(`${rounds} rounds of ${seconds} s each, ${CONNECTIONS} connections, Node ${process.version}\n`);
    console.log(table(measured.summaries));
    const [policies, without] = ["reelmark", "reelmark, no policies"].map((name) => measured.rounds[name]);
    if (!policies || !without) return;
    const cost = spread(
      policies.map(({ perSecond }, i) => 100 * (1 - perSecond / (without[i]?.perSecond ?? Number.NaN))),
    );
    console.log(`\nThe policies cost ${cost.median.toFixed(1)} % (${cost.min.toFixed(1)} to ${cost.max.toFixed(1)}).`);
  } finally {
    await bench.close();
  }
}

await run("bench", main);
