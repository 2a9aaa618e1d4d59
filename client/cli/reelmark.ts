import { processIo } from "./io.ts";
import { main } from "./main.ts";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
// Whoever reads may stop early, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.exitCode = await main(process.argv.slice(2), processIo(stop.signal));
// Standard input, or a request that was given up, may still hold the process.
process.stdin.destroy();
if (stop.signal.aborted) process.exit();
