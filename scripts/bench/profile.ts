import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Launched, launch, type Program } from "./servers.ts";

type Frame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };
type Node = { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] };
/** V8's format: times in microseconds of the monotonic clock; a sample names the node on top of the stack. */
type Profile = {
  readonly nodes: readonly Node[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** When the load began and ended, in nanoseconds of the monotonic clock, and how many requests it was. */
export type Window = { readonly from: bigint; readonly to: bigint; readonly requests: number };
export type Group = { readonly area: string; readonly micros: number; readonly top: string };

/** Runs a server under the CPU profiler while `work` puts load on it, and says where the time of the window went. */
export async function profileServer(
  program: Program,
  work: (server: Launched) => Promise<Window>,
): Promise<{ groups: Group[]; requests: number }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-profile-"));
  try {
    const args = ["--cpu-prof", `--cpu-prof-dir=${folder}`, ...program.args];
    const server = await launch({ ...program, args });
    const window = await work(server).finally(() => server.stop());
    const [file] = fs.readdirSync(folder);
    if (file === undefined) throw new Error("Node wrote no profile");
    const profile: Profile = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"));
    return { groups: grouped(profile, window), requests: window.requests };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Areas by what a frame's file is. What matches none is Node's own, and belongs to whoever called it. */
const AREAS: readonly (readonly [RegExp, string])[] = [
  [/node_modules\/pg(-[a-z]+)?\//, "pg"],
  [/node_modules\/(hono|@hono)\//, "hono, node-server"],
  [/node_modules\/(pino|sonic-boom|[a-z-]*json-stringify|quick-format-unescaped|atomic-sleep)\//, "pino"],
  [/node_modules\/rate-limiter-flexible\/|\/server\/kit\/limits\.ts/, "rate limiter"],
  [/node_modules\/prom-client\/|\/server\/metrics\.ts/, "metrics"],
  [/node_modules\/zod\//, "zod"],
  [/\/server\/kit\/serve\.ts|\/server\/app\.ts/, "wiring"],
  [/\/server\/kit\/(strip|outcome)\.ts/, "pipeline: strip and JSON"],
  [/\/server\/kit\/(input|query|validate|body)\.ts/, "pipeline: input"],
  [/\/server\/kit\/(authorize|credential)\.ts|\/server\/(auth|api-keys|last-used)/, "pipeline: who and limits"],
  [/\/server\/kit\/postgres\//, "pipeline: connection"],
  [/\/server\/kit\/answer\.ts/, "pipeline: response"],
  [/\/server\/kit\//, "pipeline: the rest"],
  [/\/server\//, "handler"],
  [/^node:internal\/crypto/, "crypto"],
  [/^node:_http|^node:internal\/http/, "node http"],
];

const SPECIAL = new Map([
  ["(idle)", "idle"],
  ["(garbage collector)", "garbage collector"],
  ["(program)", "native code (sockets, kernel)"],
]);

const areaOf = ({ url, functionName }: Frame) =>
  SPECIAL.get(functionName) ?? AREAS.find(([pattern]) => pattern.test(url))?.[1];

function grouped(profile: Profile, { from, to }: Window): Group[] {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const callers = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const areas = new Map<number, string>();
  const area = (id: number): string => {
    const known = areas.get(id);
    if (known !== undefined) return known;
    const node = byId.get(id);
    const caller = callers.get(id);
    const own = node && areaOf(node.callFrame);
    const found = own ?? (caller === undefined ? "node: events, sockets, promises" : area(caller));
    areas.set(id, found);
    return found;
  };
  const sums = new Map<string, { micros: number; frames: Map<string, number> }>();
  let now = profile.startTime;
  profile.samples.forEach((id, i) => {
    const micros = profile.timeDeltas[i] ?? 0;
    now += micros;
    if (now * 1000 < Number(from) || now * 1000 > Number(to)) return;
    const sum = sums.get(area(id)) ?? { micros: 0, frames: new Map() };
    sum.micros += micros;
    const name = nameOf(byId.get(id)?.callFrame);
    sum.frames.set(name, (sum.frames.get(name) ?? 0) + micros);
    sums.set(area(id), sum);
  });
  return [...sums]
    .map(([name, { micros, frames }]) => ({ area: name, micros, top: topOf(frames, micros) }))
    .sort((a, b) => b.micros - a.micros);
}

function nameOf(frame: Frame | undefined): string {
  if (!frame) return "";
  const file = frame.url.slice(frame.url.lastIndexOf("/") + 1);
  return `${frame.functionName || "(anonymous)"}${file && ` ${file}:${frame.lineNumber + 1}`}`;
}

/** The three frames of an area in which most of its own time was spent. */
function topOf(frames: ReadonlyMap<string, number>, total: number): string {
  const top = [...frames].sort(([, a], [, b]) => b - a).slice(0, 3);
  if (frames.size === 1) return "";
  return top.map(([name, micros]) => `${name} ${Math.round((100 * micros) / total)} %`).join(", ");
}
