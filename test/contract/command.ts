/** `npm run contract`: the contract engine on any document and server, or on Reelmark in this process. */
import { contractCommand } from "../kit/engine/command.ts";
import { reelmarkInProcess } from "./in-process.ts";

process.exitCode = await contractCommand(process.argv.slice(2), reelmarkInProcess, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});
