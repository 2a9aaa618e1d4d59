import { openLocalStorage } from "./local.ts";
import type { Storage } from "./service.ts";
import type { StorageConfig } from "./settings.ts";

/** The store that the configuration names. Nothing is touched before its `check()`. */
export async function openStorage(config: StorageConfig): Promise<Storage> {
  if (config.kind === "local") return openLocalStorage(config.folder);
  // Loaded where it is used: the SDK is most of what the server would load otherwise.
  const { openS3Storage } = await import("./s3.ts");
  return openS3Storage(config);
}
