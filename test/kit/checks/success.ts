import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { byToken, headerParam, pathParams } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import { type Draft, withHeaders } from "../draft.ts";
import { done, gone, refused } from "../expecting.ts";
import type { Life } from "../life.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** Declared, but not there on every success. */
const AT_TIMES = new Set(["idempotent-replayed"]);

/** Every text that a body carries, in depth. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** Every operation does what its example and `x-effect` say, and answers with the headers it declares. */
export function successChecks<T extends Tenant>(suite: Suite<T>): void {
  const { api } = suite;

  async function effect(life: Life<T>, op: DocumentedOperation, draft: Draft, response: Response, text: string) {
    const sent = api.body(op)?.type === "application/json" ? JSON.parse(String(draft.body?.bytes)) : undefined;
    const schema = api.body(op)?.schema;
    const secret = new Set(schema ? api.schemas.secrets(schema, sent) : []);
    const created = api.kindOf(op, "creates");
    const updated = api.kindOf(op, "updates");
    const deleted = api.kindOf(op, "deletes");
    if (created !== undefined) {
      const id = api.idOf(created, JSON.parse(text)) ?? "";
      const location = response.headers.get("location");
      const reader = api.operationFor(created, "reads");
      if (reader && location !== null) {
        const path = location.slice(api.base.length);
        expect(path.startsWith(reader.path.split("{")[0] ?? ""), location).toBe(true);
        await done(await life.call(reader, { method: "GET", path, query: [], headers: {} }));
      }
      const ids = await life.list(created);
      if (ids) expect(ids).toContain(id);
    }
    const target = created === undefined ? idIn(op, draft) : (JSON.parse(text) as { id: string }).id;
    const kind = created ?? updated ?? deleted;
    if (kind === undefined) return;
    if (deleted !== undefined && pathParams(op).length === 0) return;
    const seen = await life.read(kind, target ?? "");
    if (deleted !== undefined) {
      if (seen) await refused(seen.response, 404, "NOT_FOUND");
      expect((await life.list(kind)) ?? []).not.toContain(target);
      return;
    }
    if (!seen) return;
    expect(seen.status, seen.text).toBe(200);
    for (const value of texts(sent).filter((one) => !secret.has(one))) {
      expect(seen.text, "what was sent is what is read").toContain(JSON.stringify(value));
    }
    if (response.headers.has("etag")) expect(seen.response.headers.get("etag")).toBe(response.headers.get("etag"));
  }

  /** The id of the resource that a draft is about: what stands in the last path parameter. */
  function idIn(op: DocumentedOperation, draft: Draft): string | undefined {
    const at = op.path.split("/").findLastIndex((part) => part.startsWith("{"));
    return at < 0 ? undefined : draft.path.split("/")[at];
  }

  for (const op of api.operations) {
    const { status, headers } = api.success(op);
    suite.test(`${op.id}: ${status} with the declared headers and effect`, async () => {
      const life = await suite.fresh();
      const draft = await life.draft(op);
      // What has no id is what its credential stands on: whoever could read it before must not be able to after.
      const ended = pathParams(op).length > 0 ? undefined : api.kindOf(op, "deletes");
      const reader = ended === undefined ? undefined : api.operationFor(ended, "reads");
      const witness = reader && (await life.principal(reader));
      const read = async () => reader && (await life.send(life.plain(reader), witness)).status;
      expect((await read()) ?? 200).toBe(200);
      const response = await life.call(op, draft);
      const text = await response.text();
      expect(response.status, text).toBe(status);
      expect(gone((await read()) ?? 404), "what was deleted can be read").toBe(true);
      for (const name of headers) {
        if (AT_TIMES.has(name) || (!byToken(op) && name.startsWith("x-ratelimit-"))) continue;
        expect(response.headers.has(name), `header ${name}`).toBe(true);
      }
      await effect(life, op, draft, response, text);
    });

    const { schema } = api.success(op);
    const body = api.body(op);
    const hasSecret =
      (schema && api.schemas.secrets(schema, api.schemas.example(schema)).length > 0) ||
      (body && api.schemas.secrets(body.schema, body.example).length > 0);
    if (hasSecret) {
      suite.test(`${op.id}: its secrets are shown once and kept nowhere`, async () => {
        const life = await suite.fresh();
        const key = headerParam(op, "Idempotency-Key") ? { "idempotency-key": randomUUID() } : {};
        const draft = withHeaders(await life.draft(op), key);
        const text = await done(await life.call(op, draft));
        const answered = schema ? api.schemas.secrets(schema, JSON.parse(text)) : [];
        const given = body?.type === "application/json" ? JSON.parse(String(draft.body?.bytes)) : undefined;
        const sent = body ? api.schemas.secrets(body.schema, given) : [];
        const kept = await suite.options.kept(life.target);
        for (const secret of [...answered, ...sent]) expect(kept.includes(secret), "a secret is kept").toBe(false);
        const kind = api.kindOf(op, "creates");
        if (kind === undefined) return;
        const seen = await life.read(kind, (JSON.parse(text) as { id: string }).id);
        for (const secret of answered) expect(seen?.text ?? "").not.toContain(secret);
      });
    }
    if (pathParams(op).length > 0 && api.references(op).every(({ place }) => place !== "path")) {
      throw new Error(`${op.id}: the example of its path parameter is no resource's example id`);
    }
  }
}
