/** `npm run contract`: the contract engine on any document and server, or on Reelmark in this process. */
import { contractCommand } from "../kit/engine/command.ts";

// Loaded when it is wanted: another server needs nothing of this one.
const own = async () => (await import("./in-process.ts")).reelmarkInProcess();

process.exitCode = await contractCommand(process.argv.slice(2), own, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});
