import { afterAll, describe, test } from "vitest";
import { Api } from "./api.ts";
import { accessChecks } from "./checks/access.ts";
import { conditionalChecks } from "./checks/conditional.ts";
import { creditChecks } from "./checks/credits.ts";
import { failureChecks } from "./checks/failures.ts";
import { httpChecks } from "./checks/http.ts";
import { idempotencyChecks } from "./checks/idempotency.ts";
import { inputChecks } from "./checks/input.ts";
import { limitChecks } from "./checks/limits.ts";
import { mediaChecks } from "./checks/media.ts";
import { pagingChecks } from "./checks/paging.ts";
import { successChecks } from "./checks/success.ts";
import { tenantChecks } from "./checks/tenants.ts";
import { Suite } from "./servers.ts";
import type { SuiteOptions, Tenant } from "./target.ts";

/**
 * Registers the contract tests of an API: for every operation and every promise that its document makes of it, one vitest
 * test whose title names both. Knows OpenAPI, the contract kit's extensions and HTTP; of the API only what `options` tell.
 */
export function contractSuite<T extends Tenant>(options: SuiteOptions<T>): Suite<T> {
  const api = new Api(options.document);
  const suite = new Suite(api, options);
  const groups = {
    success: successChecks,
    access: accessChecks,
    tenants: tenantChecks,
    input: inputChecks,
    media: mediaChecks,
    http: httpChecks,
    conditional: conditionalChecks,
    idempotency: idempotencyChecks,
    credits: creditChecks,
    paging: pagingChecks,
    limits: limitChecks,
    failures: failureChecks,
  };
  for (const [name, register] of Object.entries(groups)) {
    register(suite);
    const tests = suite.taken();
    // Not every API has lists, or prices: a group without tests would be an error of vitest.
    if (tests.length === 0) continue;
    describe(name, () => {
      for (const { title, run } of tests) test(title, run);
    });
  }
  afterAll(() => suite.close());
  return suite;
}
