import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cleanUp } from "../server/launch.ts";
import { until } from "../setup/support.ts";
import { isAlive, launchSandbox, launchSandboxIn, postgresIn } from "./process.ts";

afterEach(cleanUp);

test("Ctrl-C while it starts leaves neither process nor folder", async () => {
  const starting = launchSandbox();
  const postgres = await until(() => postgresIn(starting.temporary));
  expect(await starting.end("SIGINT")).toMatchObject({ code: 0, stderr: "", stdout: "" });
  expect(isAlive(postgres)).toBe(false);
  expect(readdirSync(starting.temporary)).toEqual([]);
});

test("what a killed one left is removed by the next one", async () => {
  const killed = launchSandbox();
  const postgres = await until(() => postgresIn(killed.temporary));
  await killed.end("SIGKILL");
  expect(isAlive(postgres)).toBe(true);
  const [folder = ""] = readdirSync(killed.temporary).filter((name) => name.startsWith("reelmark-sandbox-"));
  utimesSync(join(killed.temporary, folder), 1, 1);
  const next = launchSandboxIn(killed.temporary);
  await until(() => !readdirSync(killed.temporary).includes(folder));
  // It has ended by now, but is there until its new parent has noticed.
  await until(() => !isAlive(postgres));
  expect(await next.end("SIGINT")).toMatchObject({ code: 0 });
  expect(readdirSync(killed.temporary)).toEqual([]);
});

test.each([
  [["--port", "x"], "is not a port"],
  [["--seed", "full"], "give studio or empty"],
  [["--host", "0.0.0.0"], "Unknown option"],
])("%s is refused with what to do instead", async (args, sentence) => {
  const { code, stderr } = await launchSandbox(...args).process.ended;
  expect({ code, said: stderr.includes(sentence), usage: stderr.includes("--help") }).toEqual({
    code: 1,
    said: true,
    usage: true,
  });
});
