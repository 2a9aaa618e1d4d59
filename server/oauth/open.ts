import type pg from "pg";
import type { Scope } from "../../spec/vocabulary.ts";
import type { Log } from "../kit/runtime.ts";
import type { SealingKeys } from "../kit/seal.ts";
import type { Web } from "../web/service.ts";
import { consentPages } from "./consent.ts";
import { devicePages } from "./device.ts";
import { endpoints } from "./endpoints.ts";
import { createProvider } from "./provider.ts";

export type OpenOptions = {
  readonly pool: pg.Pool;
  readonly web: Web;
  readonly sealing: SealingKeys;
  /** Without a slash at its end. */
  readonly issuer: string;
  readonly accessSeconds: number;
  readonly refreshDays: number;
  readonly scopes: readonly Scope[];
  readonly log: Log;
};

/** What stands on the provider: loaded with it, at the first request (`service.ts`). */
export function openProvider(options: OpenOptions) {
  const provider = createProvider(options);
  const pages = { ...options, provider };
  return { ...endpoints(pages), consent: consentPages(pages), device: devicePages(pages) };
}
