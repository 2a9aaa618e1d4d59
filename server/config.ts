import { z } from "zod";
import { PLAN_IDS } from "../spec/plans.ts";
import { BILLING_SETTINGS, type PaymentsConfig, paymentsConfig } from "./billing/settings.ts";
import { parseCidr } from "./outbound/addresses.ts";
import { type StorageConfig, storageConfig } from "./storage/settings.ts";

/** One setting of the environment: the table in the docs is made of these. */
type Setting = { readonly about: string; readonly shown: string; readonly schema: z.ZodType };

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
    .default(fallback);

const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that begins with ${protocols.map((p) => `${p}//`).join(" or ")}`,
    );

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
);

const origins = list.refine(
  (items) => items.every((item) => item === "*" || (URL.canParse(item) && new URL(item).origin === item)),
  "must be * or origins such as https://app.example.com, separated by commas",
);

const cidrs = list.transform((items, ctx) =>
  items.flatMap((item) => {
    const cidr = parseCidr(item);
    if (cidr) return [cidr];
    ctx.addIssue({
      code: "custom",
      message: `has ${JSON.stringify(item)}, which is no range: write 10.0.0.0/8, fd00::/8 or an address, separated by commas`,
    });
    return [];
  }),
);

const encryptionKeys = list.transform((items, ctx) =>
  items.map((item) => {
    const [id = "", text = ""] = item.split(":");
    const key = Buffer.from(text, "base64");
    if (!/^[a-z0-9-]{1,32}$/.test(id) || key.length !== 32) {
      ctx.addIssue({
        code: "custom",
        message: "must be <id>:<32 bytes in base64>, several separated by commas, newest first",
      });
    }
    return { id, key };
  }),
);

const setting = <S extends z.ZodType>(schema: S, shown: string, about: string) => ({ schema, shown, about });

/** `api` answers requests, `worker` works on jobs, `all` does both. */
export const ROLES = ["all", "api", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** Every setting. The environment is the only place they come from, and `main.ts` the only reader of it. */
export const SETTINGS = {
  ROLE: setting(
    z.enum(ROLES).default("all"),
    "all",
    "What this process does: api answers requests, worker works on jobs, all does both; so does --role, which wins",
  ),
  PORT: setting(whole(0, 65535, 3000), "3000", "Port of the API; 0 takes a free one"),
  HOST: setting(z.string().min(1).default("127.0.0.1"), "127.0.0.1", "Address to listen on; 0.0.0.0 for all"),
  DATA_DIR: setting(
    z.string().min(1).default("./data"),
    "./data",
    "Folder of the embedded PostgreSQL, the generated encryption key and the uploaded files",
  ),
  DATABASE_URL: setting(
    url("postgres:", "postgresql:").optional(),
    "",
    "A PostgreSQL (16 or newer) of your own, instead of the embedded one",
  ),
  DATABASE_POOL: setting(whole(2, 500, 20), "20", "Most connections of one server to the database"),
  STORAGE_DIR: setting(
    z.string().min(1).optional(),
    "DATA_DIR/files",
    "Folder of the uploaded files; one that all servers share, when there are several",
  ),
  S3_BUCKET: setting(
    z.string().min(3).max(63).optional(),
    "",
    "A bucket of an S3-compatible store for the uploaded files, instead of a folder",
  ),
  S3_ENDPOINT: setting(url("http:", "https:").optional(), "Amazon's", "The S3-compatible store"),
  S3_PUBLIC_ENDPOINT: setting(
    url("http:", "https:").optional(),
    "S3_ENDPOINT",
    "Where clients reach the store, if not there: signed URLs begin with it",
  ),
  S3_REGION: setting(z.string().min(1).default("us-east-1"), "us-east-1", "Region of the bucket"),
  S3_ACCESS_KEY_ID: setting(z.string().min(1).optional(), "", "Key of the store. Required with S3_BUCKET"),
  S3_SECRET_ACCESS_KEY: setting(z.string().min(1).optional(), "", "Its secret. Required with S3_BUCKET"),
  S3_FORCE_PATH_STYLE: setting(
    z.enum(["true", "false"]).optional(),
    "true with S3_ENDPOINT",
    "Whether the bucket stands in the path of the store's URLs, not in their host name",
  ),
  REDIS_URL: setting(url("redis:", "rediss:").optional(), "", "Redis for shared rate limits"),
  RATE_LIMIT_STORE: setting(
    z.enum(["memory", "postgres", "redis"]).optional(),
    "redis with REDIS_URL, else postgres with DATABASE_URL, else memory",
    "Where requests are counted",
  ),
  PUBLIC_URL: setting(
    url("http:", "https:").optional(),
    "http://HOST:PORT",
    "The URL that clients use; issuer of the tokens",
  ),
  API_KEY_PREFIX: setting(
    z
      .string()
      .regex(/^[a-z][a-z0-9]{0,9}_$/, "must be 1 to 10 lowercase letters or digits and an underscore")
      .default("rm_"),
    "rm_",
    "What API keys begin with",
  ),
  ENCRYPTION_KEY: setting(
    encryptionKeys.optional(),
    "made in DATA_DIR",
    "Seals secrets that must be read back: `<id>:<base64 of 32 bytes>`, newest first. Required with DATABASE_URL",
  ),
  TRUST_PROXY: setting(
    list.default([]),
    "",
    "Proxies whose X-Forwarded-For is believed: addresses, CIDRs, or loopback, linklocal, uniquelocal",
  ),
  SIGN_UP: setting(
    z.enum(["first-user-only", "invite", "open"]).default("first-user-only"),
    "first-user-only",
    "Who may sign up",
  ),
  DEFAULT_PLAN: setting(z.enum(PLAN_IDS).default("scale"), "scale", "Plan of new organizations"),
  SMTP_URL: setting(url("smtp:", "smtps:").optional(), "", "Mail server: `smtp://user:password@host:587`"),
  MAIL_FROM: setting(
    z.string().min(3).default("Reelmark <reelmark@localhost>"),
    "Reelmark <reelmark@localhost>",
    "Sender of mails",
  ),
  MAIL: setting(
    z.enum(["smtp", "log"]).optional(),
    "smtp with SMTP_URL, else log on a loopback PUBLIC_URL",
    "Where mails go. log prints them, tokens and all, to the log: for development",
  ),
  OUTBOUND_ALLOW: setting(
    cidrs.default([]),
    "",
    "Private ranges that feeds, imports and webhooks of tenants may reach: addresses or CIDRs, such as 127.0.0.0/8 in tests",
  ),
  ...BILLING_SETTINGS,
  CORS_ORIGINS: setting(origins.default([]), "", "Origins whose pages may call the API, or *"),
  METRICS_PORT: setting(
    whole(0, 65535, 9464),
    "9464",
    "Loopback port of /metrics, /livez and /readyz, in every role; 0 switches it off",
  ),
  LOG_LEVEL: setting(
    z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
    "info",
    "Least level that is logged",
  ),
  RATE_LIMIT_KEY: setting(whole(1, 1_000_000, 60), "60", "Requests a minute of an API key"),
  RATE_LIMIT_SESSION: setting(whole(1, 1_000_000, 120), "120", "Requests a minute of a session"),
  RATE_LIMIT_PUBLIC: setting(whole(1, 1_000_000, 60), "60", "Requests a minute of an address without credential"),
  RATE_LIMIT_FAILURES: setting(
    whole(0, 1_000_000, 60),
    "60",
    "Failed authentications a minute of an address; 0 for no limit",
  ),
  RATE_LIMIT_ORGANIZATION: setting(
    whole(0, 10_000_000, 0),
    "0",
    "Requests a minute of all credentials of an organization; 0 for no limit",
  ),
  RATE_LIMIT_OPERATIONS: setting(
    whole(1, 100_000, 1),
    "1",
    "Multiplies the limits that single operations have of their own, such as ten log-ins a minute: for tests of the server, not for one that others reach",
  ),
  ACCESS_TOKEN_SECONDS: setting(whole(60, 86_400, 900), "900", "Life of a session's access token"),
  REFRESH_TOKEN_DAYS: setting(whole(1, 365, 30), "30", "Life of an unused refresh token"),
  RESPONSE_CHECK: setting(
    z.enum(["strip", "check"]).default("strip"),
    "strip",
    "What happens to an answer that breaks the contract: strip drops and counts unknown fields, check answers 500",
  ),
  SHUTDOWN_SECONDS: setting(
    whole(1, 300, 25),
    "25",
    "How long requests in flight and jobs in work may take to end after SIGTERM",
  ),
} as const satisfies Record<string, Setting>;

type Settings = { readonly [K in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[K]["schema"]> };

/** The parsed configuration. */
export type Config = Settings & {
  readonly rateLimitStore: "memory" | "postgres" | "redis";
  readonly databaseUrl: string | undefined;
  readonly mail: "smtp" | "log";
  readonly storage: StorageConfig;
  readonly payments: PaymentsConfig;
};

/** The environment is wrong; `message` lists every problem with what to set. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Parses the environment once. An empty variable counts as unset. Throws ConfigError with every problem at once. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(SETTINGS)) {
    const result = schema.safeParse(env[name] === "" ? undefined : env[name]);
    if (result.success) values[name] = result.data;
    else problems.push(...result.error.issues.map((issue) => `${name} ${say(issue)}`));
  }
  // Every key of SETTINGS was parsed by its own schema in the loop above, or is among the problems.
  const settings = values as unknown as Settings;
  const store =
    settings.RATE_LIMIT_STORE ?? (settings.REDIS_URL ? "redis" : settings.DATABASE_URL ? "postgres" : "memory");
  if (store === "redis" && !settings.REDIS_URL) problems.push("RATE_LIMIT_STORE is redis, so REDIS_URL must be set");
  const local = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(
    settings.PUBLIC_URL ? new URL(settings.PUBLIC_URL).hostname : settings.HOST,
  );
  const mail = settings.MAIL ?? (settings.SMTP_URL ? "smtp" : local ? "log" : undefined);
  if (mail === "smtp" && !settings.SMTP_URL) problems.push("MAIL is smtp, so SMTP_URL must be set");
  if (mail === undefined && problems.length === 0) {
    problems.push(
      "SMTP_URL must be set: invitations, verification and password resets are sent by mail. " +
        "For development, MAIL=log prints them to the log",
    );
  }
  if (settings.DATABASE_URL && !settings.ENCRYPTION_KEY) {
    problems.push(
      "ENCRYPTION_KEY must be set with DATABASE_URL, the same on every server. Make one: " +
        `node -e 'console.log("k1:" + require("crypto").randomBytes(32).toString("base64"))'`,
    );
  }
  if (settings.ROLE !== "all" && !settings.DATABASE_URL) {
    const why = "the embedded PostgreSQL serves one process alone";
    problems.push(`ROLE ${settings.ROLE} needs DATABASE_URL: ${why}. Set it, or leave the role at all`);
  }
  const storage = storageConfig(settings, problems);
  const payments = paymentsConfig(settings, problems);
  if (problems.length > 0) {
    throw new ConfigError(
      `The configuration has ${problems.length} problem${problems.length > 1 ? "s" : ""}:\n  ${problems.join("\n  ")}`,
    );
  }
  return {
    ...settings,
    rateLimitStore: store,
    databaseUrl: settings.DATABASE_URL,
    mail: mail ?? "log",
    storage,
    payments,
  };
}

function say(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `must be one of ${issue.values.map(String).join(", ")}`;
  return issue.message;
}
