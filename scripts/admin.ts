/** `npm run admin`: what the operator of a server does from its command line. Every command is recorded in the audit. */
import { existsSync } from "node:fs";
import { admin } from "./admin/main.ts";

if (existsSync(".env")) process.loadEnvFile(".env");
await admin(process.argv.slice(2));
