import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Prometheus metrics of one server. */
export type Metrics = {
  observe(operation: string, status: number, seconds: number): void;
  excess(operation: string, path: string): void;
  storeError(): void;
  text(): Promise<string>;
  readonly contentType: string;
};

/** Makes the metrics; `connections` is read at each scrape. */
export function createMetrics(connections: () => { total: number; idle: number; waiting: number }): Metrics {
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
      for (const [state, count] of Object.entries(connections())) this.set({ state }, count);
    },
  });
  return {
    observe: (operation, status, seconds) => requests.observe({ operation, status }, seconds),
    // An index in a path would make a label of every row.
    excess: (operation, path) => dropped.inc({ operation, field: path.replace(/\[\d+\]/g, "[]") }),
    storeError: () => storeErrors.inc(),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Serves `/metrics` on a loopback port of its own: operators read it, clients of the API cannot. */
export async function serveMetrics(metrics: Metrics, port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
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
