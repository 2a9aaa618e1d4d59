/** `npm run db:import`: reads an export of `npm run db:export` into a new database, all of it or nothing. */
import { importDatabase } from "../server/db/import.ts";
import { migrateDatabase } from "../server/db/migrate.ts";
import { clearProgress, inUnits, runCommand, withDatabase } from "./db/command.ts";

const help = `npm run db:import -- --file backup.reelmark.gz [options]

Reads an export into the database of DATABASE_URL, or into the embedded PostgreSQL in DATA_DIR (./data), which is made
when there is none. The file is checked to its end first; then all of it is imported in one transaction, or nothing.
Stop the server and its workers before. To read sealed tokens, the server needs the ENCRYPTION_KEY (or the file
encryption.key in DATA_DIR) of the server that wrote them.

  -f, --file <file>  the file of npm run db:export, of the same release
      --replace      delete all rows of the database first (without it, a database that has rows is refused)
      --json         print the result, or the error, as JSON
  -h, --help         show this

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 ended by Ctrl-C (the database is as it was).`;

await runCommand<{ replace?: boolean }>({
  name: "db:import",
  help,
  options: { replace: { type: "boolean" } },
  async main({ file, replace = false, json = false }, { signal, show }) {
    const summary = await withDatabase({ live: false, existing: false }, (url) =>
      importDatabase({ url, file, replace, migrate: migrateDatabase, onProgress: show, signal }),
    );
    clearProgress();
    if (json) console.log(JSON.stringify({ file, ...summary }));
    else console.log(`${file}: ${summary.rows} rows of ${summary.tables} tables (${inUnits(summary.bytes)}) imported.`);
  },
});
