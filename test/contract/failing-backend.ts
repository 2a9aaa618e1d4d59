import type { Backend, Principal } from "../../server/kit/backend.ts";

type How = "after-work" | "unreachable" | undefined;

/**
 * A backend that can be made to fail below the pipeline: by an exception after the work and before the commit, or as when
 * the store cannot be reached. `secret` stands in every exception: no answer may show it.
 */
export function breakable(secret: string) {
  let how: How;
  const down = () => Object.assign(new Error(`connect ECONNREFUSED ${secret}`), { code: "ECONNREFUSED" });

  async function failing<T>(work: () => Promise<T>): Promise<T> {
    if (how === "unreachable") throw down();
    const result = await work();
    if (how === "after-work") throw new Error(`a bug that quotes ${secret}`);
    return result;
  }

  return {
    failing: (next: How) => {
      how = next;
    },
    backend<Db, P extends Principal>(real: Backend<Db, P>): Backend<Db, P> {
      return {
        ...real,
        // Reads whose connection came with the credential go through `read` instead, where they can fail.
        authenticate: (credential, hold) => real.authenticate(credential, hold && how === undefined),
        read: (principal, work) => failing(() => real.read(principal, work)),
        // Inside the transaction, so that what was done must be undone.
        transaction: (principal, work) => real.transaction(principal, (db) => failing(() => work(db))),
      };
    },
  };
}
