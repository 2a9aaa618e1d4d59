import { expect, test } from "vitest";
import { type Run, start, startHere } from "./cli.ts";

// A port where nothing listens: what is refused here is refused before the database is asked.
const env = {
  DATABASE_URL: "postgres://localhost:1/none",
  ENCRYPTION_KEY: `k1:${Buffer.alloc(32).toString("base64")}`,
};
const twice = `${env.ENCRYPTION_KEY},${env.ENCRYPTION_KEY}`;
const admin = (args: string[], more: Record<string, string> = {}, stdin = ""): Promise<Run> =>
  start(args, { env: { ...env, ...more }, stdin }).ended;

/** Most of what is wrong is told by the same few lines: they are run in this process. */
const here = (args: string[], more: Record<string, string> = {}) => startHere(args, { ...env, ...more });

const user = ["create-user", "--email", "a@b.example", "--name", "Nora"];
const issuer = ["issuers", "add", "--issuer", "https://id.example", "--audience", "reelmark"];
const keys = ["--jwks-url", "https://id.example/jwks", "--algorithms", "ES256"];
const secret = ["--secret-stdin", "--algorithms", "HS256"];

test.each<[string, string[], RegExp]>([
  ["no command", [], /Say what to do: one of create-user/],
  ["an unknown command", ["drop-everything"], /no command "drop-everything"/],
  ["a stray word", [...user, "now"], /Unexpected argument 'now'/],
  ["an unknown option", [...user, "--pasword", "x"], /Unknown option '--pasword'/],
  ["a password as an argument", [...user, "--password", "x"], /Unknown option '--password'/],
  ["an option without its value", ["create-user", "--email"], /--email.* argument missing/],
  ["create-user without an address", ["create-user", "--name", "Nora"], /Say --email/],
  ["create-user with a wrong address", ["create-user", "--email", "nora", "--name", "Nora"], /email: /],
  ["create-user with a blank organization", [...user, "--organization", " "], /organization: must not be blank/],
  ["end-sessions of nobody", ["end-sessions"], /either --user .* or --all/],
  ["end-sessions of all without --yes", ["end-sessions", "--all"], /say --yes/],
  ["revoke-key without a key", ["revoke-key"], /Say --key <id>/],
  ["change-plan without an organization", ["change-plan", "--plan", "pro"], /Say --organization/],
  ["change-plan without a plan", ["change-plan", "--organization", "org_1"], /Say --plan <free\|pro\|scale>/],
  ["grant-credits without how many", ["grant-credits", "--organization", "org_1"], /Say --credits <n>, or --topup/],
  ["grant-credits of none", ["grant-credits", "--organization", "org_1", "--credits", "0"], /from 1 to 1000000000/],
  [
    "taking a top-up back",
    ["grant-credits", "--organization", "org_1", "--topup", "t", "--take-back"],
    /leave --topup/,
  ],
  ["an unknown plan", ["change-plan", "--organization", "org_1", "--plan", "gold"], /one of free, pro, scale/],
  ["an issuer without its name", ["issuers", "add", "--audience", "a", ...keys], /Say --issuer/],
  ["an issuer without keys", [...issuer, "--algorithms", "ES256"], /either --jwks-url .* or --secret-stdin/],
  ["an issuer without algorithms", [...issuer, "--jwks-url", "https://id.example/jwks"], /Say --algorithms/],
  ["an issuer with a role but no organization", [...issuer, ...keys, "--role", "admin"], /say --organization/],
  ["an unknown role", [...issuer, ...keys, "--organization", "org_1", "--role", "king"], /one of owner, admin/],
  ["a tolerance out of bounds", [...issuer, ...keys, "--tolerance", "301"], /from 0 to 300/],
  ["issuers remove without an issuer", ["issuers", "remove"], /Say --issuer/],
  ["issuers remove without --yes", ["issuers", "remove", "--issuer", "iss_1"], /say --yes/],
])("2 for %s, with what to say instead", async (_what, args, message) => {
  const run = await here(args);
  expect(run).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
  expect(run.err).not.toMatch(/^ +at /m);
});

test.each<[string, string[], RegExp]>([
  [
    "an unknown option",
    [...user, "--pasword", "x"],
    /^admin failed: Unknown option '--pasword'.*\nSee npm run admin -- /,
  ],
  ["create-user with an empty password", [...user, "--password-stdin"], /nothing came/],
  ["an empty secret", [...issuer, ...secret], /nothing came/],
])("2 for %s, as a process of its own", async (_what, args, message) => {
  const run = await admin(args);
  expect(run).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
  expect(run.err).not.toMatch(/^ +at /m);
});

test("2 as JSON with --json", async () => {
  const run = await here(["change-plan", "--json"]);
  expect(run).toMatchObject({ code: 2, out: "" });
  expect(JSON.parse(run.err)).toEqual({ error: { code: "USAGE", message: "Say --organization <id>" } });
});

test.each<[string, string[], Record<string, string>, RegExp]>([
  ["is missing", ["rotate-signing-key"], { ENCRYPTION_KEY: "" }, /set ENCRYPTION_KEY as the servers have it/],
  ["is wrong", [...issuer, ...secret], { ENCRYPTION_KEY: "k1:short" }, /ENCRYPTION_KEY must be <id>:<32 bytes/],
  ["has two keys of one id", ["rotate-encryption-key"], { ENCRYPTION_KEY: twice }, /two keys of one id/],
])("2 for what seals when ENCRYPTION_KEY %s", async (_what, args, more, message) => {
  expect(await admin(args, more, "x".repeat(32))).toMatchObject({ code: 2, err: expect.stringMatching(message) });
});

test("1 when the database is not there, in a sentence", async () => {
  const run = await admin(["list-organizations"]);
  expect(run).toMatchObject({ code: 1, out: "" });
  expect(run.err).toMatch(/^admin failed: .* cannot be reached.* DATABASE_URL\n$/);
});

test("2 when there is no database in the data folder, and none is made", async () => {
  const run = await admin(["list-organizations"], { DATABASE_URL: "", DATA_DIR: "no-such-folder" });
  expect(run).toMatchObject({ code: 2, err: expect.stringMatching(/no database in the folder no-such-folder/) });
});

test("0 with --help: the list of commands, and the options of each", async () => {
  const list = await admin(["--help"]);
  const names = [...list.out.matchAll(/^ {2}(\S+(?: \S+)?) {2,}/gm)].map(([, name = ""]) => name);
  expect(names).toHaveLength(14);
  const help = await here(["issuers", "add", "--help"]);
  expect(help).toMatchObject({
    code: 0,
    err: "",
    out: expect.stringMatching(/^npm run admin -- issuers add .*Exit codes/s),
  });
});
