import path from "node:path";
import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../../server/config.ts";

function problem(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

const KEYS = { S3_ACCESS_KEY_ID: "AKID", S3_SECRET_ACCESS_KEY: "hunter2hunter2" };

test("files are kept in DATA_DIR/files, in STORAGE_DIR, or in S3_BUCKET", () => {
  expect(readConfig({ DATA_DIR: "/srv/reelmark" }).storage).toEqual({
    kind: "local",
    folder: path.join("/srv/reelmark", "files"),
  });
  expect(readConfig({ STORAGE_DIR: "/mnt/files" }).storage).toEqual({ kind: "local", folder: "/mnt/files" });
  expect(readConfig({ S3_BUCKET: "reelmark-files", ...KEYS }).storage).toMatchObject({
    kind: "s3",
    bucket: "reelmark-files",
    region: "us-east-1",
    forcePathStyle: false,
  });
});

test("a store of one's own has the bucket in the path, unless it is said otherwise", () => {
  const env = { S3_BUCKET: "files", S3_ENDPOINT: "http://127.0.0.1:9000", ...KEYS };
  expect(readConfig(env).storage).toMatchObject({ endpoint: "http://127.0.0.1:9000", forcePathStyle: true });
  expect(readConfig({ ...env, S3_FORCE_PATH_STYLE: "false" }).storage).toMatchObject({ forcePathStyle: false });
});

test("settings that contradict each other are refused by name, and no secret is repeated", () => {
  expect(problem({ S3_BUCKET: "files" })).toMatch(
    /S3_ACCESS_KEY_ID must be set .*\n.*S3_SECRET_ACCESS_KEY must be set/,
  );
  expect(problem({ S3_BUCKET: "files", ...KEYS, STORAGE_DIR: "/mnt/files" })).toContain(
    "STORAGE_DIR and S3_BUCKET are both set",
  );
  expect(problem({ S3_ENDPOINT: "http://127.0.0.1:9000" })).toContain(
    "S3_ENDPOINT is set, so S3_BUCKET must be set too",
  );
  expect(problem({ ...KEYS })).toContain("S3_ACCESS_KEY_ID is set, so S3_BUCKET must be set too");
  expect(problem({ ...KEYS })).not.toContain("hunter2");
  expect(problem({ S3_BUCKET: "files", ...KEYS, S3_ENDPOINT: "files.example.com" })).toContain(
    "S3_ENDPOINT must be a URL",
  );
});
