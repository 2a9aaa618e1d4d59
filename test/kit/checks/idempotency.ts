import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { authOf, headerParam, pathParams, scopeSets } from "../api.ts";
import type { DocumentedOperation, JsonSchema } from "../document.ts";
import { type Draft, withHeaders, withJson, withOtherText } from "../draft.ts";
import { done, refused } from "../expecting.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** Idempotency-Key wherever it is declared: one effect, the same answer, and never another's. */
export function idempotencyChecks<T extends Tenant>(suite: Suite<T>): void {
  const { api } = suite;

  function answersSecret(op: DocumentedOperation): boolean {
    const { schema } = api.success(op);
    return schema !== undefined && api.schemas.secrets(schema, api.schemas.example(schema)).length > 0;
  }

  /** Another body that the operation takes: without what it may leave out, or with other texts or numbers. */
  function otherThan(schema: JsonSchema, draft: Draft): unknown {
    const sent = JSON.parse(String(draft.body?.bytes)) as Record<string, unknown>;
    const required = api.schemas.of(schema).required ?? [];
    const kept = Object.entries(sent).filter(([name]) => required.includes(name));
    if (kept.length < Object.keys(sent).length) return Object.fromEntries(kept);
    const other = { ...sent, ...(api.schemas.fresh(schema, sent, 0) as object) };
    if (JSON.stringify(other) !== JSON.stringify(sent)) return other;
    // Without texts, another number makes the difference.
    const next = Object.entries(sent).map(([name, value]) => [name, typeof value === "number" ? value + 1 : value]);
    return Object.fromEntries(next);
  }

  for (const op of api.operations.filter((one) => headerParam(one, "Idempotency-Key"))) {
    const kind = api.kindOf(op, "creates");
    const secret = answersSecret(op);

    suite.test(
      `${op.id}: a repeated key gives ${secret ? "409 with the resource's id" : "the same bytes"}, and one effect`,
      async () => {
        const home = await suite.fresh();
        const principal = await home.principal(op);
        const draft = withHeaders(await home.draft(op), { "idempotency-key": randomUUID() });
        const first = await home.send(draft, principal);
        const text = await done(first);
        const made = kind === undefined ? undefined : await home.list(kind);
        const second = await home.send(draft, principal);
        if (secret) {
          const error = await refused(second, 409, "CONFLICT");
          expect(error.details.resource_id).toBe((JSON.parse(text) as { id?: unknown }).id);
        } else {
          expect(await second.text()).toBe(text);
          expect(second.status).toBe(first.status);
          expect(second.headers.get("idempotent-replayed")).toBe("true");
          for (const name of ["content-type", "etag", "location"]) {
            expect(second.headers.get(name), name).toBe(first.headers.get(name));
          }
        }
        expect(first.headers.has("idempotent-replayed")).toBe(false);
        if (kind !== undefined) expect(await home.list(kind)).toEqual(made);
      },
    );

    const body = api.body(op);
    if (body) {
      suite.test(`${op.id}: 409 when the key comes with another body`, async () => {
        const home = await suite.fresh();
        const principal = await home.principal(op);
        const draft = withHeaders(await home.draft(op), { "idempotency-key": randomUUID() });
        await done(await home.send(draft, principal));
        const isJson = body.type === "application/json";
        const other = isJson ? withJson(draft, otherThan(body.schema, draft)) : withOtherText(draft);
        await refused(await home.send(other, principal), 409, "IDEMPOTENCY_MISMATCH");
      });
    }

    if (pathParams(op).length > 0) {
      suite.test(`${op.id}: 409 when the key comes with another path`, async () => {
        const home = await suite.fresh();
        const principal = await home.principal(op);
        const draft = withHeaders(await home.draft(op), { "idempotency-key": randomUUID() });
        await done(await home.send(draft, principal));
        const { path } = await home.draft(op);
        await refused(await home.send({ ...draft, path }, principal), 409, "IDEMPOTENCY_MISMATCH");
      });
    }

    suite.test(`${op.id}: a key belongs to the credential that used it`, async () => {
      const home = await suite.fresh();
      const principal = await home.principal(op);
      const draft = withHeaders(await home.draft(op), { "idempotency-key": randomUUID() });
      await done(await home.send(draft, principal));
      const other = await home.send(
        draft,
        await home.tenant.principal({ auth: "session", only: scopeSets(op)[0] ?? [] }),
      );
      expect(other.headers.has("idempotent-replayed")).toBe(false);
      // Done again, or refused for what the first has left; never recognised.
      if (other.status === 409)
        expect((await refused(other, 409, "CONFLICT")).details).not.toHaveProperty("resource_id");
      else await done(other);
    });

    // Without a scope there is no right that could be taken from a credential.
    if (scopeSets(op).some((set) => set.length > 0)) {
      suite.test(`${op.id}: a replay needs the rights of now`, async () => {
        const home = await suite.fresh();
        const draft = withHeaders(await home.draft(op), { "idempotency-key": randomUUID() });
        const principal = await home.tenant.principal({ auth: authOf(op) });
        await done(await home.send(draft, principal));
        if (!home.tenant.strip) return;
        await home.tenant.strip(principal);
        await refused(await home.send(draft, principal), 403, "FORBIDDEN");
      });
    }

    suite.test(`${op.id}: a refused request leaves its key free`, async () => {
      const home = await suite.fresh();
      const draft = withHeaders(await home.draft(op), { "idempotency-key": randomUUID() });
      const principal = await home.principal(op);
      const refusedFirst = await home.send({ ...draft, query: [["no_such_parameter", "1"]] }, principal);
      expect(refusedFirst.status).toBe(400);
      const response = await home.send(draft, principal);
      await done(response.clone());
      expect(response.headers.has("idempotent-replayed")).toBe(false);
    });
  }
}
