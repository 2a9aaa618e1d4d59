import type { Judge } from "../run.ts";
import { lifetime } from "./lifetime.ts";
import {
  allowHeader,
  bodyless,
  challenge,
  deprecationHeaders,
  rateLimitHeaders,
  retryAfterPresent,
  secretLeak,
  stackTraceLeak,
} from "./semantics.ts";
import {
  errorEnvelope,
  responseHeaders,
  responseSchema,
  serverError,
  undeclaredField,
  undeclaredMediaType,
  undeclaredStatus,
} from "./shape.ts";

/** What every exchange is held to. */
export const JUDGES: readonly Judge[] = [
  serverError,
  undeclaredStatus,
  undeclaredMediaType,
  responseSchema,
  undeclaredField,
  responseHeaders,
  errorEnvelope,
  stackTraceLeak,
  secretLeak,
  challenge,
  bodyless,
  allowHeader,
  rateLimitHeaders,
  retryAfterPresent,
  deprecationHeaders,
  lifetime,
];
