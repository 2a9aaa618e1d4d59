import { getAhead } from "./clock.ts";
import { KEYS, LOGINS, PASSWORD } from "./credentials.ts";
import type { Sent } from "./outbox.ts";
import type { Sandbox } from "./sandbox.ts";

/** Everything that /sandbox shows. */
export type State = Sent & {
  /** Changes whenever anything else here does, but for the time that passes. */
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

/** All there is to see now. */
export function stateOf(sandbox: Sandbox): State {
  const { outbox } = sandbox.world();
  const clock = clockOf();
  return {
    version: `${sandbox.generation}-${outbox.version}-${clock.ahead_seconds}`,
    clock,
    credentials: { ...CREDENTIALS, webhook: sandbox.seeded.webhook },
    ...outbox.sent,
  };
}
