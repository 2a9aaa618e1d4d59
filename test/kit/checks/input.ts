import { expect } from "vitest";
import { byToken, headerParam, pathParams, queryParams } from "../api.ts";
import { withHeaders, withJson, withQuery } from "../draft.ts";
import { complaint, refused } from "../expecting.ts";
import { mutations, wrongTexts } from "../mutations.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** Everything that leaves the schemas by one step is a 400 that names the place. */
export function inputChecks<T extends Tenant>(suite: Suite<T>): void {
  const { api } = suite;
  for (const op of api.operations) {
    const body = api.body(op);
    if (body?.type === "application/json") {
      const cases = mutations(api.schemas, body.schema, body.example);
      const isMissing = (what: string) => what === "is missing" || what === "is unknown";
      const groups = {
        "each body field that is missing or unknown": cases.filter(({ what }) => isMissing(what)),
        "each body field of a wrong type or out of its bounds": cases.filter(({ what }) => !isMissing(what)),
      };
      for (const [what, group] of Object.entries(groups)) {
        if (group.length > 0) {
          suite.test(`${op.id}: 400 for ${what}`, async () => {
            const home = await suite.home();
            const wrong: string[] = [];
            for (const { what, path, value } of group) {
              const found = await complaint(
                await home.call(op, withJson(home.plain(op), value)),
                path === "" ? "body" : `body.${path}`,
              );
              if (found) wrong.push(`${path} ${what}: ${found}`);
            }
            expect(wrong).toEqual([]);
          });
        }
      }
      const text = Object.entries(body.example as Record<string, unknown>).find(([, v]) => typeof v === "string");
      if (text) {
        const [name, example] = text;
        suite.test(`${op.id}: 400 for text that no store keeps`, async () => {
          const home = await suite.home();
          for (const bad of ["\0", "\ud800"]) {
            const draft = withJson(home.plain(op), { ...(body.example as object), [name]: `${example}${bad}` });
            expect(await complaint(await home.call(op, draft), `body.${name}`), JSON.stringify(bad)).toBeUndefined();
          }
        });
      }
    }

    for (const { name, schema } of pathParams(op)) {
      if (byToken(op)) {
        suite.test(`${op.id}: 400 for a path ${name} of the wrong shape`, async () => {
          const home = await suite.home();
          const plain = home.plain(op);
          const place = op.path.split("/").indexOf(`{${name}}`);
          for (const value of wrongTexts(api.schemas, schema).filter((text) => text.trim() !== "")) {
            const path = plain.path.split("/").with(place, encodeURIComponent(value)).join("/");
            expect(await complaint(await home.call(op, { ...plain, path }), `params.${name}`), value).toBeUndefined();
          }
        });
      }
    }

    // What a signature covers is judged before it is read, so only queries under a token can be tried one by one.
    if (!byToken(op) && queryParams(op).length > 0) continue;
    for (const { name, schema, required } of queryParams(op)) {
      suite.test(
        `${op.id}: 400 for a query ${name} that is wrong${required ? ", missing" : ""} or given twice`,
        async () => {
          const home = await suite.home();
          const plain = home.plain(op);
          const others = { ...plain, query: plain.query.filter(([other]) => other !== name) };
          for (const value of wrongTexts(api.schemas, schema)) {
            expect(
              await complaint(await home.call(op, withQuery(others, name, value)), `query.${name}`),
              value,
            ).toBeUndefined();
          }
          if (required) expect(await complaint(await home.call(op, others), `query.${name}`)).toBeUndefined();
          if (api.schemas.types(schema).includes("array")) return;
          const value = String(api.schemas.example(schema));
          const twice = withQuery(withQuery(others, name, value), name, value);
          expect(await complaint(await home.call(op, twice), `query.${name}`)).toBeUndefined();
        },
      );
    }
    if (op.extensions["x-closed-query"] !== false) {
      suite.test(`${op.id}: 400 for an unknown query parameter`, async () => {
        const home = await suite.home();
        const response = await home.call(op, withQuery(home.plain(op), "no_such_parameter", "1"));
        expect(await complaint(response, "query.no_such_parameter")).toBeUndefined();
      });
    }

    const key = headerParam(op, "Idempotency-Key");
    if (key) {
      suite.test(`${op.id}: 400 for an Idempotency-Key of the wrong shape`, async () => {
        const home = await suite.home();
        for (const value of ["a".repeat(256), "two words"]) {
          const draft = withHeaders(home.plain(op), { "idempotency-key": value });
          expect(await complaint(await home.call(op, draft), "headers.idempotency-key"), value).toBeUndefined();
        }
      });
    }

    if (byToken(op)) {
      suite.test(`${op.id}: 400 for two credentials at once`, async () => {
        const home = await suite.home();
        const draft = withHeaders(home.plain(op), { "x-api-key": "another" });
        await refused(await home.call(op, draft), 400, "VALIDATION_ERROR");
      });
    }
  }
}
