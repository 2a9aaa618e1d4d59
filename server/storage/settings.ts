import path from "node:path";
import type { S3Options } from "./s3.ts";

/** Where files are kept, as the configuration says it. */
export type StorageConfig = { readonly kind: "local"; readonly folder: string } | ({ readonly kind: "s3" } & S3Options);

/** The settings that say it. */
type StorageSettings = {
  readonly DATA_DIR: string | undefined;
  readonly STORAGE_DIR: string | undefined;
  readonly S3_BUCKET: string | undefined;
  readonly S3_ENDPOINT: string | undefined;
  readonly S3_PUBLIC_ENDPOINT: string | undefined;
  readonly S3_REGION: string;
  readonly S3_ACCESS_KEY_ID: string | undefined;
  readonly S3_SECRET_ACCESS_KEY: string | undefined;
  readonly S3_FORCE_PATH_STYLE: "true" | "false" | undefined;
};

/** Where files are kept. What the settings contradict themselves in is added to the problems, without any secret. */
export function storageConfig(settings: StorageSettings, problems: string[]): StorageConfig {
  const { S3_BUCKET, S3_ENDPOINT, S3_ACCESS_KEY_ID = "", S3_SECRET_ACCESS_KEY = "", STORAGE_DIR } = settings;
  if (S3_BUCKET === undefined) {
    const others = { S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
    const alone = Object.entries(others).find(([, value]) => value);
    if (alone) problems.push(`${alone[0]} is set, so S3_BUCKET must be set too`);
    // DATA_DIR has a default; it is missing only where it was a problem, which is among the others.
    return { kind: "local", folder: STORAGE_DIR ?? path.join(settings.DATA_DIR ?? "", "files") };
  }
  if (STORAGE_DIR !== undefined)
    problems.push("STORAGE_DIR and S3_BUCKET are both set, but files are kept in one place");
  if (!S3_ACCESS_KEY_ID) problems.push("S3_ACCESS_KEY_ID must be set with S3_BUCKET");
  if (!S3_SECRET_ACCESS_KEY) problems.push("S3_SECRET_ACCESS_KEY must be set with S3_BUCKET");
  const pathStyle = settings.S3_FORCE_PATH_STYLE;
  return {
    kind: "s3",
    bucket: S3_BUCKET,
    endpoint: S3_ENDPOINT,
    publicEndpoint: settings.S3_PUBLIC_ENDPOINT,
    region: settings.S3_REGION,
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
    forcePathStyle: pathStyle === undefined ? S3_ENDPOINT !== undefined : pathStyle === "true",
  };
}
