import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { freshDatabase } from "../setup/database.ts";
import { cleanUp, type Environment, later } from "./launch.ts";
import { encryptionKey, launchServer, PASSWORD, ready } from "./process.ts";

afterEach(cleanUp);

/** What servers on one database share. */
async function shared(): Promise<Environment> {
  const database = await freshDatabase();
  later(() => database.drop());
  return { DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey(), MAIL: "log" };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port was given");
  return address.port;
}

const listening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

test("--role splits the work: the API writes jobs and runs none, a worker runs them and opens no port but METRICS_PORT", async () => {
  const env = await shared();
  const [port, metricsPort] = [await freePort(), await freePort()];
  const api = await ready(launchServer(env, ["--role", "api"]));
  const email = "nora@reelmark.example";
  await api.api().signUp({ body: { email, password: PASSWORD, name: "Nora", organization_name: "Orange Cat" } });
  const isMail = ({ msg }: { msg: string }) => msg.startsWith("a mail, printed");
  expect(api.log.filter(isMail)).toEqual([]);

  // The flag wins over the setting.
  const settings = { ...env, ROLE: "api", PORT: `${port}`, METRICS_PORT: `${metricsPort}` };
  const worker = launchServer(settings, ["--role", "worker"]);
  expect(await worker.line(({ msg }) => msg === "Reelmark is ready")).toMatchObject({ role: "worker" });
  expect(await worker.line(isMail)).toMatchObject({ to: email });
  expect(api.log.filter(isMail)).toEqual([]);
  expect(await listening(port)).toBe(false);
  const asked = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${metricsPort}${path}`);
    return { status: response.status, text: await response.text() };
  };
  expect(await asked("/livez")).toEqual({ status: 200, text: "ok\n" });
  expect(await asked("/readyz")).toEqual({ status: 200, text: "ok\n" });
  expect(await asked("/docs")).toMatchObject({ status: 404 });
  await expect
    .poll(async () => (await asked("/metrics")).text)
    .toMatch(/reelmark_job_seconds_count\{queue="mail.send",outcome="completed"\} 1/);
  expect(await worker.end()).toMatchObject({ code: 0, signal: null, stderr: "" });
  expect(worker.log.at(-1)?.msg).toBe("stopped");
});

test("jobs that wait, and those that are dead, are in /metrics of every process", async () => {
  const env = await shared();
  const metricsPort = await freePort();
  const api = await ready(launchServer({ ...env, METRICS_PORT: `${metricsPort}` }, ["--role", "api"]));
  const body = { email: "nora@reelmark.example", password: PASSWORD, name: "Nora", organization_name: "Orange Cat" };
  await api.api().signUp({ body });
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const lines = metrics.split("\n").filter((line) => line.includes('{queue="mail.send"'));
  expect(lines).toEqual([
    'reelmark_jobs{queue="mail.send",state="waiting"} 1',
    expect.stringMatching(/^reelmark_job_oldest_seconds\{queue="mail.send",state="waiting"\} \d+$/),
  ]);
});

test("--help tells the options and where the settings stand; what is wrong is said in a sentence, with 1", async () => {
  const help = await launchServer({}, ["--help"]).ended;
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toMatch(/--role all\|api\|worker[\s\S]*README\.md/);
  const wrong = [
    [["--rôle", "api"], /^Unknown option '--rôle'[\s\S]*\nSee npm start -- --help\n$/],
    [["--role", "boss"], /^--role must be one of all, api, worker, not "boss"\nSee npm start -- --help\n$/],
    [["--role", "worker"], /ROLE worker needs DATABASE_URL: the embedded PostgreSQL serves one process alone/],
  ] as const;
  for (const [args, why] of wrong) {
    const refused = await launchServer({}, args).ended;
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(why) });
  }
});
