import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import type { DataPaths } from "./paths.ts";

export type Log = (message: string, fields?: object) => void;

/** What every step needs: the folder, the programs, whom to run them as, and where to tell of it. */
export type Setup = { paths: DataPaths; binaries: Binaries; account: Account | undefined; log: Log };
