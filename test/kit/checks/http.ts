import { expect } from "vitest";
import { authOf, byToken, methodsAt } from "../api.ts";
import { withHeaders } from "../draft.ts";
import { refused } from "../expecting.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const BOTH_SAY = ["content-type", "etag", "location", "cache-control", "deprecation", "sunset"];

/** What HTTP promises of every path and operation: methods, HEAD, OPTIONS, request ids. */
export function httpChecks<T extends Tenant>(suite: Suite<T>): void {
  const { api } = suite;
  for (const op of api.operations) {
    suite.test(`${op.id}: 405 with Allow for every method that its path does not have`, async () => {
      const home = await suite.home();
      const { path } = home.plain(op);
      const allowed = methodsAt(api, path);
      for (const method of METHODS.filter((one) => !allowed.includes(one))) {
        const response = await home.send({ method, path, query: [], headers: {} });
        expect(response.headers.get("allow"), method).toBe(allowed.join(", "));
        await refused(response, 405, "METHOD_NOT_ALLOWED");
      }
    });

    suite.test(`${op.id}: 204 with Allow for OPTIONS, without a credential`, async () => {
      const home = await suite.home();
      const { path } = home.plain(op);
      const response = await home.send({ method: "OPTIONS", path, query: [], headers: {} });
      expect(response.status).toBe(204);
      expect(response.headers.get("allow")).toBe(methodsAt(api, path).join(", "));
      expect(await response.text()).toBe("");
    });

    suite.test(`${op.id}: the caller's request id comes back, and a malformed one is replaced`, async () => {
      const home = await suite.home();
      const draft = home.plain(op);
      const kept = await home.send(withHeaders(draft, { "x-request-id": "my-request.1" }));
      expect(kept.headers.get("x-request-id")).toBe("my-request.1");
      const replaced = await home.send(withHeaders(draft, { "x-request-id": "two words" }));
      expect(replaced.headers.get("x-request-id")).toMatch(/^\S+$/);
    });

    const { status, schema } = api.success(op);
    if (op.method === "GET" && status === 200 && schema) {
      suite.test(`${op.id}: HEAD is GET without its body`, async () => {
        const home = await suite.fresh();
        const draft = await home.draft(op);
        const got = await home.call(op, draft);
        const head = await home.call(op, { ...draft, method: "HEAD" });
        expect(head.status).toBe(got.status);
        for (const name of BOTH_SAY) expect(head.headers.get(name), name).toBe(got.headers.get(name));
        expect(await head.text()).toBe("");
      });
    }

    if (op.method === "GET" && authOf(op) !== "public" && byToken(op)) {
      suite.test(`${op.id}: HEAD asks for the same credential`, async () => {
        const home = await suite.home();
        const response = await home.send({ ...home.plain(op), method: "HEAD" });
        expect(response.status).toBe(401);
        expect(await response.text()).toBe("");
      });
    }
  }

  suite.test("404 in the same envelope where there is nothing", async () => {
    const home = await suite.home();
    await refused(await home.send({ method: "GET", path: "/no/such/path", query: [], headers: {} }), 404, "NOT_FOUND");
  });
}
