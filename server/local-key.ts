import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { SealingKeys } from "./kit/seal.ts";
import { StartError } from "./kit/start-error.ts";

const BYTES = 32;

/**
 * The encryption key of a server that was given none: `encryption.key` in its data folder (base64, mode 0600), made on the
 * first start. Throws StartError when the file is damaged.
 */
export function localKey(dataDir: string): SealingKeys {
  const file = path.join(dataDir, "encryption.key");
  if (!fs.existsSync(file)) make(file);
  const key = Buffer.from(fs.readFileSync(file, "utf8").trim(), "base64");
  if (key.length !== BYTES) {
    throw new StartError(
      `${file} is damaged: put back the copy that you kept, or set ENCRYPTION_KEY to local:<its line>`,
    );
  }
  return [{ id: "local", key }];
}

/** Written aside and then linked: a crash in between leaves no half of a key, and a second server does not replace it. */
function make(file: string): void {
  const aside = `${file}.${process.pid}`;
  fs.writeFileSync(aside, `${randomBytes(BYTES).toString("base64")}\n`, { mode: 0o600, flush: true });
  try {
    fs.linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    fs.rmSync(aside);
  }
}
