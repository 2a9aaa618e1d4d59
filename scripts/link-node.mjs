/**
 * After `npm install`: makes sure that scripts run on Node 24. Plain JavaScript, because the Node that starts it may be
 * too old for TypeScript.
 *
 * npm 10 installs the package of this platform, and then takes `node_modules/.bin/node` away again while it removes
 * those of the other platforms, which have a bin of the same name. The link is put back here.
 */
import { existsSync, mkdirSync, symlinkSync } from "node:fs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const binary = `node_modules/node-${process.platform}-${process.arch}/bin/node`;
const link = "node_modules/.bin/node";

if (existsSync(binary)) {
  mkdirSync("node_modules/.bin", { recursive: true });
  if (!existsSync(link)) symlinkSync(`../../${binary}`, link);
} else if (major < 24 || (major === 24 && minor < 7)) {
  // 24.7 is the first with crypto.argon2 (and runs TypeScript without a flag, as 22.18 and 23.6 do).
  console.error(
    `Reelmark runs on Node 24.7 or later. This is ${process.version}, and npm installed none for ` +
      `${process.platform}-${process.arch}. Install Node 24 (on Linux: or leave out --omit=optional), then npm ci again.`,
  );
  process.exitCode = 1;
}
