import { expect } from "vitest";

export type ErrorBody = {
  readonly code: string;
  readonly message: string;
  readonly details: { readonly issues?: readonly { path: string }[]; readonly [name: string]: unknown };
  readonly request_id: string;
};

/** Expects the error envelope with this status and code, and the request id in header and body; returns the error. */
export async function refused(response: Response, status: number, code?: string): Promise<ErrorBody> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  const { error } = JSON.parse(text) as { error: ErrorBody };
  if (code !== undefined) expect(error.code, text).toBe(code);
  expect(error.request_id).toBe(response.headers.get("x-request-id"));
  return error;
}

/** Whether a read says that its resource is no more: not found, or nothing that its reader's credential could reach. */
export const gone = (status: number): boolean => [401, 403, 404].includes(status);

/** Expects a success; the server's answer is the message when it is none. Returns the text. */
export async function done(response: Response): Promise<string> {
  const text = await response.text();
  expect(response.status, text).toBeLessThan(300);
  return text;
}

/** Expects 400 with an issue at this path or below it; says what was sent when not. For loops over many inputs. */
export async function complaint(response: Response, path: string): Promise<string | undefined> {
  const text = await response.text();
  if (response.status !== 400) return `${response.status} instead of 400: ${text.slice(0, 300)}`;
  const { error } = JSON.parse(text) as { error: ErrorBody };
  const paths = (error.details.issues ?? []).map((issue) => issue.path);
  if (paths.some((one) => one === path || one.startsWith(`${path}.`))) return undefined;
  return `no issue at ${path}, only at ${paths.join(", ")}`;
}
