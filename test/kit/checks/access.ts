import { expect } from "vitest";
import { authOf, byToken, pathParams, scopeSets } from "../api.ts";
import { refused } from "../expecting.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** Who may call: no credential, bad ones, each missing scope, a credential of the wrong kind. */
export function accessChecks<T extends Tenant>(suite: Suite<T>): void {
  const { operations } = suite.api;
  const everyScope = [...new Set(operations.flatMap((op) => scopeSets(op).flat()))];

  for (const op of operations.filter((one) => authOf(one) !== "public")) {
    suite.test(`${op.id}: ${byToken(op) ? "401 and a bare challenge" : "refused"} without a credential`, async () => {
      const home = await suite.home();
      const response = await home.send(home.plain(op));
      if (!byToken(op)) {
        expect([401, 403]).toContain(response.status);
        return;
      }
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      await refused(response, 401, "UNAUTHORIZED");
    });
  }

  for (const op of operations) {
    for (const bad of suite.options.badCredentials.filter((one) => one.auth.includes(authOf(op)))) {
      suite.test(`${op.id}: 401 with ${bad.label}`, async () => {
        const home = await suite.home();
        const response = await home.send(home.plain(op), await bad.make(home.tenant));
        if (byToken(op)) expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
        await refused(response, 401, bad.code);
      });
    }
  }

  for (const op of operations.filter((one) => authOf(one) === "session")) {
    suite.test(`${op.id}: 403 with a credential that is no session`, async () => {
      const home = await suite.home();
      await refused(
        await home.send(home.plain(op), await home.tenant.principal({ auth: "credential" })),
        403,
        "FORBIDDEN",
      );
    });
  }

  for (const op of operations.filter((one) => scopeSets(one).some((set) => set.length > 0))) {
    const sets = scopeSets(op);
    // Where one of several sets is enough, a credential lacks the right only when it lacks a scope of each.
    const lacking = sets.length === 1 ? (sets[0] ?? []).map((scope) => [scope]) : [sets.flat()];
    for (const without of lacking) {
      suite.test(`${op.id}: 403 without ${without.join(" and ")}, which it names`, async () => {
        const home = await suite.home();
        const principal = await home.tenant.principal({ auth: authOf(op), without });
        const response = await home.send(home.plain(op), principal);
        const challenge = response.headers.get("www-authenticate") ?? "";
        const error = await refused(response, 403, "FORBIDDEN");
        // A session's scopes come of a role, and no role need lack just this one; a key lacks what was left out.
        const missing = error.details.missing_scopes as string[];
        expect(missing).toEqual(authOf(op) === "session" ? expect.arrayContaining([...without]) : without);
        for (const scope of missing) expect(error.message).toContain(scope);
        expect(challenge).toBe(`Bearer error="insufficient_scope", scope="${missing.join(" ")}"`);
      });
    }
    for (const only of sets.filter((set) => set.length < everyScope.length)) {
      suite.test(`${op.id}: ${only.join(" and ")} is enough`, async () => {
        // It may well be done: a deletion without an id ends the tenant.
        const ends = suite.api.kindOf(op, "deletes") !== undefined && pathParams(op).length === 0;
        const home = await (ends ? suite.fresh() : suite.home());
        const response = await home.send(home.plain(op), await home.tenant.principal({ auth: authOf(op), only }));
        expect(response.status).not.toBe(401);
        expect(response.headers.get("www-authenticate")).toBeNull();
      });
    }
  }
}
