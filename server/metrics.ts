import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { JobOutcome } from "./jobs/executor.ts";
import type { QueueStats } from "./jobs/queue.ts";

/** Prometheus metrics of one server. */
export type Metrics = {
  observe(operation: string, status: number, seconds: number): void;
  excess(operation: string, path: string): void;
  storeError(): void;
  job(queue: string, outcome: JobOutcome, seconds: number): void;
  text(): Promise<string>;
  readonly contentType: string;
  /** Lets go of what it reads from: the process's own observers live on, and would keep all of a closed server. */
  close(): void;
};

type Sources = {
  readonly connections: () => { total: number; idle: number; waiting: number };
  readonly queues: () => Promise<readonly QueueStats[]>;
};

/** Makes the metrics; what `sources` tell is read at each scrape. */
export function createMetrics(sources: Sources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "reelmark_request_seconds",
    help: "Time to answer, by operation and status",
    labelNames: ["operation", "status"],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const dropped = new Counter({
    name: "reelmark_undeclared_fields_total",
    help: "Fields dropped from answers because the contract does not name them",
    labelNames: ["operation", "field"],
    registers,
  });
  const storeErrors = new Counter({
    name: "reelmark_rate_limit_store_errors_total",
    help: "Requests counted locally, or refused, because the rate-limit store failed",
    registers,
  });
  new Gauge({
    name: "reelmark_database_connections",
    help: "Connections of this server to the database, by state",
    labelNames: ["state"],
    registers,
    collect() {
      for (const [state, count] of Object.entries(sources.connections())) this.set({ state }, count);
    },
  });
  const jobs = new Histogram({
    name: "reelmark_job_seconds",
    help: "Time that this process worked on a job, by queue and outcome",
    labelNames: ["queue", "outcome"],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800],
    registers,
  });
  // Both gauges are collected in one turn: one look does for both.
  let look: Promise<readonly QueueStats[]> | undefined;
  const queues = () => {
    look ??= sources.queues().finally(() => {
      look = undefined;
    });
    return look;
  };
  new Gauge({
    name: "reelmark_jobs",
    help: "Jobs of all processes, by queue and state: waiting, planned for later, active, or dead, which failed for good",
    labelNames: ["queue", "state"],
    registers,
    async collect() {
      const found = await queues();
      this.reset();
      for (const { queue, state, count } of found) this.set({ queue, state }, count);
    },
  });
  new Gauge({
    name: "reelmark_job_oldest_seconds",
    help: "Age of the oldest job of all processes, by queue and state",
    labelNames: ["queue", "state"],
    registers,
    async collect() {
      const found = await queues();
      this.reset();
      for (const { queue, state, oldest } of found) this.set({ queue, state }, oldest);
    },
  });
  return {
    job: (queue, outcome, seconds) => jobs.observe({ queue, outcome }, seconds),
    observe: (operation, status, seconds) => requests.observe({ operation, status }, seconds),
    // An index in a path would make a label of every row.
    excess: (operation, path) => dropped.inc({ operation, field: path.replace(/\[\d+\]/g, "[]") }),
    storeError: () => storeErrors.inc(),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    close: () => registry.clear(),
  };
}

/**
 * Serves `/metrics` on a loopback port of its own: operators read it, clients of the API cannot. A worker, which has no
 * other port, is asked there how it is: `/livez`, and `/readyz`, which is 503 with the sentence that `notReady` answers.
 */
export async function serveMetrics(
  app: { readonly metrics: Metrics; notReady(): Promise<string | undefined> },
  port: number,
): Promise<{ port: number; close(): Promise<void> }> {
  const answer = async (path: string | undefined): Promise<[status: number, type: string, text: string]> => {
    if (path === "/metrics") return [200, app.metrics.contentType, await app.metrics.text()];
    if (path === "/livez") return [200, "text/plain", "ok\n"];
    if (path !== "/readyz") return [404, "text/plain", ""];
    const why = await app.notReady();
    return [why === undefined ? 200 : 503, "text/plain", `${why ?? "ok"}\n`];
  };
  const server = createServer((request, response) => {
    answer(request.url).then(
      ([status, type, text]) => response.writeHead(status, { "content-type": type }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
