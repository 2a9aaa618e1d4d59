import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "./errors.ts";

/** Whether a process of this pid runs. A zombie (ended, not yet reaped by its parent) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  return statFields(pid)?.[0] !== "Z";
}

/**
 * A mark that tells a process from a later one of the same pid: boot and start tick on Linux, the start time as `ps`
 * says it elsewhere, empty when it cannot be known (Windows) or the process is gone.
 */
export function startMark(pid: number): string {
  if (process.platform === "win32") return "";
  try {
    if (process.platform !== "linux")
      return execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`], { encoding: "utf8" }).trim();
    const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${statFields(pid)?.[19] ?? ""}`;
  } catch {
    return "";
  }
}

/** Whether the process `pid` lives and has `mark` in its command line. */
export function wasStartedWith(pid: number, mark: string): boolean {
  return isAlive(pid) && commandLine(pid).includes(mark);
}

/** The pids of all processes whose command line, or title, holds `mark`. Linux only; none elsewhere. */
export function findByTitle(mark: string): number[] {
  if (process.platform !== "linux") return [];
  const pids = fs.readdirSync("/proc").map(Number).filter(Number.isSafeInteger);
  return pids.filter((pid) => wasStartedWith(pid, mark));
}

/** Resolves true when `gone()` holds, false when it still does not after `ms` milliseconds. */
export async function waitUntil(gone: () => boolean, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (!gone()) {
    if (performance.now() > end) return false;
    await sleep(10);
  }
  return true;
}

function commandLine(pid: number): string {
  try {
    if (process.platform === "linux") return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
    if (process.platform !== "win32")
      return execFileSync("ps", ["-ww", "-o", "command=", "-p", `${pid}`], { encoding: "utf8" });
    const query = `(Get-CimInstance Win32_Process -Filter ProcessId=${pid}).CommandLine`;
    return execFileSync("powershell", ["-NoProfile", "-Command", query], { encoding: "utf8" });
  } catch {
    return "";
  }
}

// The fields of /proc/<pid>/stat after the command's name (which may hold spaces): state first, start tick 20th.
function statFields(pid: number): string[] | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
