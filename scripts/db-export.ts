/** `npm run db:export`: a backup of the whole database in one file, also while the server runs. */
import { exportDatabase } from "../server/db/export.ts";
import { clearProgress, inUnits, runCommand, withDatabase } from "./db/command.ts";

const help = `npm run db:export -- --file backup.reelmark.gz [options]

Writes every row of the database, as of one moment, to one compressed file. The server may run meanwhile.
The database is that of DATABASE_URL, or the embedded PostgreSQL in DATA_DIR (./data).

  -f, --file <file>  the file to write
      --force        replace the file when it exists
      --json         print the result, or the error, as JSON
  -h, --help         show this

Keep the file private: it holds password hashes, key hashes and sealed tokens. The key of those tokens is not in it:
keep ENCRYPTION_KEY (or the file encryption.key in DATA_DIR) too, in another place. Uploaded files and waiting jobs are
not in it either.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 ended by Ctrl-C (no file is left).`;

await runCommand<{ force?: boolean }>({
  name: "db:export",
  help,
  options: { force: { type: "boolean" } },
  async main({ file, force = false, json = false }, { signal, show }) {
    const summary = await withDatabase({ live: true, existing: true }, (url) =>
      exportDatabase({ url, file, overwrite: force, onProgress: show, signal }),
    );
    clearProgress();
    if (json) console.log(JSON.stringify({ file, ...summary }));
    else {
      console.log(
        `${file}: ${summary.rows} rows of ${summary.tables} tables (${inUnits(summary.bytes)} before compression).`,
      );
      console.log("Keep it private, and keep the encryption key (see --help) in another place.");
    }
  },
});
