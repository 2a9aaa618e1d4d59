export type { Timing } from "./backoff.ts";
export { type Client, createClient } from "./client.ts";
export { ApiError, ConnectionError, type ErrorCode, type ErrorDetails, JobError } from "./error.ts";
export type { Job } from "./generated/operations.ts";
export type { components, paths } from "./generated/schema.ts";
export type { Attempt, CallOptions, ClientOptions, Item, Options, Patience, Result, WebhookEvent } from "./types.ts";
export type { UploadOptions, UploadProgress } from "./upload.ts";
export type { WaitOptions } from "./wait.ts";
export { verifyWebhook } from "./webhook.ts";
