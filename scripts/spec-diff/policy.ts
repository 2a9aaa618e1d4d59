import type { Operation } from "./document.ts";
import type { Finding } from "./finding.ts";

/** A change of an operation, before it is said where. */
export type Told = Pick<Finding, "kind" | "what" | "shows">;

type Requirement = Readonly<Record<string, readonly string[]>>;

const credential = (scheme: string) => (scheme === "apiKey" ? "x-api-key: …" : "Authorization: Bearer …");

/** Which credentials were enough and no longer are. Without any requirement, none is needed. */
function security(was: Operation, is: Operation, request: string): Told[] {
  const [before, after] = [was.security ?? [], is.security ?? []];
  if (after.length === 0)
    return before.length === 0 ? [] : [{ kind: "compatible", what: "needs no credential any more" }];
  if (before.length === 0) {
    return [{ kind: "breaking", what: "needs a credential", shows: `${request}\n  without a credential is 401` }];
  }
  const enough = (given: Requirement) =>
    after.some((wanted) =>
      Object.entries(wanted).every(([scheme, scopes]) => {
        const held = given[scheme];
        return held !== undefined && scopes.every((scope) => held.includes(scope));
      }),
    );
  return before
    .filter((given) => !enough(given))
    .flatMap((given) =>
      Object.entries(given).map(([scheme, scopes]): Told => {
        const isTaken = after.some((wanted) => scheme in wanted);
        return {
          kind: "breaking",
          what: isTaken ? "needs another scope" : `takes no ${scheme} any more`,
          shows: `${request}\n  ${credential(scheme)} with ${scopes.join(", ") || "no scope"} is ${isTaken ? 403 : 401}`,
        };
      }),
    );
}

type Price = number | { readonly max: number };
const most = (op: Operation): number => {
  const price = op["x-credits"] as Price | undefined; // the generator writes one of the two, or nothing
  return typeof price === "object" ? price.max : (price ?? 0);
};

const DEFAULT_BODY = 1024 * 1024;
// The extensions are the generator's own: each has this form or is absent.
const largest = (op: Operation): number =>
  (op["x-limits"] as { bodyBytes?: number } | undefined)?.bodyBytes ?? DEFAULT_BODY;

const terminal = (op: Operation): readonly string[] | undefined =>
  (op["x-async"] as { terminal: string[] } | undefined)?.terminal;

/** What has changed of an operation's policy: who may call it, what it costs, what can be repeated, how it ends. */
export function policyChanges(was: Operation, is: Operation, request: string): Told[] {
  const told = security(was, is, request);
  if (was["x-idempotent"] === "key" && is["x-idempotent"] !== "key") {
    const shows = `${request}\n  Idempotency-Key: 1\n  sent twice has two effects`;
    told.push({ kind: "breaking", what: "takes no Idempotency-Key any more", shows });
  } else if (was["x-idempotent"] === "natural" && is["x-idempotent"] === undefined) {
    told.push({
      kind: "breaking",
      what: "cannot be repeated any more",
      shows: `${request}\n  sent twice is not as once`,
    });
  }
  if (most(is) > most(was)) {
    const shows = `${request}\n  with a balance of ${most(was)} credits is 402`;
    told.push({ kind: "breaking", what: `may cost ${most(is)} credits instead of ${most(was)}`, shows });
  }
  if (largest(is) < largest(was)) {
    const shows = `${request}\n  Content-Length: ${largest(was)}\n  is 413`;
    told.push({ kind: "breaking", what: `takes ${largest(is)} bytes at most instead of ${largest(was)}`, shows });
  }
  const ends = terminal(is)?.filter((state) => !terminal(was)?.includes(state)) ?? [];
  if (terminal(was) && ends.length > 0) {
    const shows = `{ "status": "${ends[0]}" }\n  is an end that nobody waits for`;
    told.push({ kind: "breaking", what: `may end as ${ends.join(", ")}`, shows });
  }
  if (is.deprecated && !was.deprecated) told.push({ kind: "compatible", what: "is deprecated" });
  return told;
}
