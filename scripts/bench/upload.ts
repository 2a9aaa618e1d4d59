/** `npm run bench:upload`: how much a server grows while a large file streams through it, and how fast it does. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run, UsageError } from "../usage.ts";
import { openBench } from "./database.ts";
import { align, spread } from "./figures.ts";
import { type Launched, launch, type Program, reelmark } from "./servers.ts";

const HELP = `Usage: npm run bench:upload -- [--mb <n>] [--rounds <n>] [--json]

One file by POST /api/v1/uploads (multipart) over loopback, into a folder and into S3 (a store that keeps nothing), against
bare node:http servers that take the same bytes: one does nothing with them, one hashes, writes and syncs them. In turns.
Growth is that of the process from before the request to its peak in it: of its memory as a whole, and of its buffers.

  --mb <n>       megabytes of the file (1024)
  --rounds <n>   rounds of each (3)
  --json         the figures as JSON lines
`;

const MB = 1024 * 1024;
const CHUNK = 1024 * 1024;
const BOUNDARY = "bench-boundary";
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.gif"\r\n\r\n`;
const TAIL = `\r\n--${BOUNDARY}--\r\n`;
/** A picture of a pixel: what is behind it is never looked at. */
const GIF = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

type Subject = Launched & { readonly token: string; readonly metrics: string | undefined };
type Figure = { readonly mbPerSecond: number; readonly rssMb: number; readonly buffersMb: number };

/** Sends a file of so many megabytes. Throws when it is not taken. */
async function send({ url, token }: Subject, megabytes: number): Promise<void> {
  const length = megabytes * MB;
  const request = http.request(`${url}/api/v1/uploads`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "content-length": HEAD.length + length + TAIL.length,
    },
  });
  const answered = once(request, "response");
  const write = async (bytes: string | Uint8Array) => {
    if (!request.write(bytes)) await once(request, "drain");
  };
  const chunk = randomBytes(CHUNK);
  GIF.copy(chunk);
  await write(HEAD);
  for (let sent = 0; sent < length; sent += CHUNK) await write(chunk);
  request.end(TAIL);
  // What a client request answers with, by its event.
  const [response] = (await answered) as [http.IncomingMessage];
  const body: Buffer[] = [];
  for await (const piece of response) body.push(piece);
  const status = response.statusCode ?? 0;
  if (status >= 300) throw new Error(`${url} answered ${status}: ${Buffer.concat(body)}`);
}

/** Memory of a process as the system counts it, in megabytes. Linux alone tells it in a file; elsewhere NaN. */
function rss(pid: number): number {
  if (process.platform !== "linux") return Number.NaN;
  const found = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1]) / 1024;
}

/** Buffers of a process outside its heap, in megabytes, as it says itself. */
async function buffers(metrics: string | undefined): Promise<number> {
  if (metrics === undefined) return Number.NaN;
  const text = await (await fetch(metrics)).text();
  return Number(/^nodejs_external_memory_bytes (\S+)/m.exec(text)?.[1]) / MB;
}

async function measure(subject: Subject, megabytes: number): Promise<Figure> {
  const before = { rss: rss(subject.pid), buffers: await buffers(subject.metrics) };
  const peak = { ...before };
  const fast = setInterval(() => {
    peak.rss = Math.max(peak.rss, rss(subject.pid));
  }, 10);
  const slow = setInterval(() => {
    void buffers(subject.metrics).then((now) => {
      peak.buffers = Math.max(peak.buffers, now);
    });
  }, 100);
  const started = performance.now();
  try {
    await send(subject, megabytes);
  } finally {
    clearInterval(fast);
    clearInterval(slow);
  }
  const seconds = (performance.now() - started) / 1000;
  const rssMb = peak.rss - before.rss;
  return { mbPerSecond: megabytes / seconds, rssMb, buffersMb: peak.buffers - before.buffers };
}

const bare = (name: string, mode: string, folder: string): Program => ({
  name,
  args: [fileURLToPath(import.meta.resolve("./upload-bare.ts"))],
  env: { BARE_MODE: mode, STORAGE_DIR: folder },
});

/** Reelmark as `npm start` runs it, with its metrics on a port of their own. */
async function launchReelmark(name: string, databaseUrl: string, port: number, env: Record<string, string>) {
  const program = reelmark(databaseUrl, name);
  const all = { ...program.env, SIGN_UP: "open", METRICS_PORT: `${port}`, ...env };
  return launch({ ...program, args: ["--max-semi-space-size=32", ...program.args], env: all });
}

async function tokenOf(url: string): Promise<string> {
  const email = `bench-${randomBytes(4).toString("hex")}@reelmark.example`;
  const body = JSON.stringify({ email, password: randomBytes(12).toString("hex"), name: "B", organization_name: "B" });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/api/v1/auth/sign-up`, { method: "POST", headers, body });
  // Our own server's answer, held to its contract by the tests.
  return ((await response.json()) as { access_token: string }).access_token;
}

async function subjects(databaseUrl: string, folder: string, stop: (() => Promise<void>)[]): Promise<Subject[]> {
  const started = async (launching: Promise<Launched>, metricsPort?: number): Promise<Subject> => {
    const launched = await launching;
    stop.push(() => launched.stop());
    const token = metricsPort === undefined ? "" : await tokenOf(launched.url);
    return { ...launched, token, metrics: metricsPort ? `http://127.0.0.1:${metricsPort}/metrics` : undefined };
  };
  const store = await started(launch(bare("store", "s3", folder)));
  const ports = [process.pid % 10_000, (process.pid + 1) % 10_000].map((offset) => 20_000 + offset);
  const [local = 0, s3 = 0] = ports;
  const bucket = {
    STORAGE_DIR: "",
    S3_BUCKET: "bench",
    S3_ENDPOINT: store.url,
    S3_ACCESS_KEY_ID: "k",
    S3_SECRET_ACCESS_KEY: "s",
  };
  return [
    await started(launch(bare("bare, to nowhere", "nothing", folder))),
    await started(launch(bare("bare, hashed to a file", "file", folder))),
    await started(launchReelmark("reelmark, folder", databaseUrl, local, { STORAGE_DIR: folder }), local),
    await started(launchReelmark("reelmark, S3", databaseUrl, s3, bucket), s3),
  ];
}

function table(figures: ReadonlyMap<string, readonly Figure[]>): string {
  const base = figures.values().next().value ?? [];
  const shown = (values: readonly number[], digits: number) => {
    const { median, min, max } = spread(values);
    return Number.isNaN(median) ? "" : `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  };
  const rows = [...figures].map(([name, rounds]) => [
    name,
    shown(
      rounds.map(({ mbPerSecond }) => mbPerSecond),
      0,
    ),
    shown(
      rounds.map(({ mbPerSecond }, i) => mbPerSecond / (base[i]?.mbPerSecond ?? Number.NaN)),
      2,
    ),
    shown(
      rounds.map(({ rssMb }) => rssMb),
      1,
    ),
    shown(
      rounds.map(({ buffersMb }) => buffersMb),
      1,
    ),
  ]);
  return align([["server", "MB/s (min–max)", "ratio (min–max)", "growth MB (min–max)", "buffers MB"], ...rows]);
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} "${text}" is not a number: give one from 1 to 9999`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mb: { type: "string", default: "1024" },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [mb, rounds] = [whole("mb", values.mb), whole("rounds", values.rounds)];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-bench-files-"));
  const stop: (() => Promise<void>)[] = [];
  const bench = await openBench();
  try {
    const all = await subjects(bench.url, folder, stop);
    // What grows once (compiled code, pools) is not the file's.
    for (const subject of all) for (let warm = 0; warm < 3; warm++) await send(subject, 64);
    const figures = new Map<string, Figure[]>(all.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const subject of all) {
        const figure = await measure(subject, mb);
        figures.get(subject.name)?.push(figure);
        if (values.json) console.log(JSON.stringify({ server: subject.name, megabytes: mb, round, ...figure }));
      }
    }
    if (!values.json) console.log(`${rounds} rounds of ${mb} MB each, Node ${process.version}\n\n${table(figures)}`);
  } finally {
    for (const end of stop.reverse()) await end();
    await bench.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

await run("bench:upload", main);
