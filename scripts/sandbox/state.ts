import { getAhead } from "./clock.ts";
import { KEYS, LOGINS, PASSWORD } from "./credentials.ts";
import type { Sent } from "./outbox.ts";
import type { Sandbox } from "./sandbox.ts";

/** Everything that /sandbox shows. */
export type State = Sent & {
  readonly version: string;
  readonly clock: { readonly now: string; readonly ahead_seconds: number };
  readonly credentials: typeof CREDENTIALS & { readonly webhook: Sandbox["seeded"]["webhook"] };
};

/** What opens the sandbox, the same at each start. */
export const CREDENTIALS = {
  keys: KEYS,
  password: PASSWORD,
  logins: LOGINS,
} as const;

/** What the sandbox's clock says. */
export const clockOf = (): State["clock"] => ({
  now: new Date().toISOString(),
  ahead_seconds: Math.round(getAhead() / 1000),
});

/** Changes whenever what there is to see does, but for the time that passes. */
export const versionOf = (sandbox: Sandbox): string =>
  `${sandbox.generation}-${sandbox.world().outbox.version}-${clockOf().ahead_seconds}`;

/** All there is to see now. */
export const stateOf = (sandbox: Sandbox): State => ({
  version: versionOf(sandbox),
  clock: clockOf(),
  credentials: { ...CREDENTIALS, webhook: sandbox.seeded.webhook },
  ...sandbox.world().outbox.sent,
});
