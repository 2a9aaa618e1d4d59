import { processIo } from "./io.ts";
import { main } from "./main.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
// Whoever reads may stop early, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`error: the answer could not be written: ${error.message}\n`, () => process.exit(1));
});
// Nobody reads what is wrong: the code says it still.
process.stderr.on("error", () => undefined);
process.exitCode = await main(process.argv.slice(2), processIo(stop.signal));
// Standard input, or a request that was given up, may still hold the process.
process.stdin.destroy();
if (stop.signal.aborted) process.exit();
