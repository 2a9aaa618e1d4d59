import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { staticFile } from "../../server/docs/file.ts";
import { scalarScript } from "../../server/docs/scalar.ts";
import { docsSite } from "../../server/docs/site.ts";
import { document } from "./document.ts";

const site = docsSite(document, () => "http://reelmark.test");
const ask = async (path: string, request = {}) => {
  const file = site.get(path);
  if (!file) throw new Error(`${path} is not part of the reference`);
  const { status, body, headers } = await file(request);
  return { status, headers, bytes: body ?? new Uint8Array(), text: new TextDecoder().decode(body ?? undefined) };
};

describe("Scalar's script", () => {
  test("comes out of the installed package whole, as JavaScript that parses", async () => {
    const script = await scalarScript();
    expect(script.length).toBeGreaterThan(3_000_000);
    expect(() => new Function(script)).not.toThrow();
    expect(script).toContain("createApiReference");
    expect(script).not.toContain("sourceMappingURL");
  });

  test("is served as UTF-8, for ever", async () => {
    const { headers } = await ask("/docs/assets/scalar.js");
    expect(headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(headers["cache-control"]).toContain("immutable");
  });

  test("is asked for by its version, so that an upgrade is seen", async () => {
    expect((await ask("/docs")).text).toMatch(/src="\/docs\/assets\/scalar\.js\?v=\d+\.\d+\.\d+"/);
  });
});

describe("the document", () => {
  test("is the same in JSON and YAML", async () => {
    expect(JSON.parse((await ask("/openapi.json")).text)).toEqual(document);
    expect(parse((await ask("/openapi.yaml")).text)).toEqual(document);
  });
});

describe("every file", () => {
  test.each([...site.keys()])("%s is compressed for those who take gzip, and plain for others", async (path) => {
    const packed = await ask(path, { acceptEncoding: "br, gzip;q=0.8" });
    const plain = await ask(path);
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    expect(packed.headers["content-length"]).toBe(String(packed.bytes.byteLength));
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
  });

  test("is plain for those who refuse gzip by its weight", async () => {
    expect((await ask("/docs", { acceptEncoding: "gzip;q=0" })).headers["content-encoding"]).toBeUndefined();
  });

  test.each(["%s", '"old", %s', "*"])("is 304 without a body when If-None-Match is %j", async (form) => {
    const { headers } = await ask("/openapi.json");
    const again = await ask("/openapi.json", { ifNoneMatch: form.replace("%s", headers.etag ?? "") });
    expect([again.status, again.bytes.byteLength, again.headers.etag]).toEqual([304, 0, headers.etag]);
  });

  test("is whole again when If-None-Match names another version", async () => {
    expect((await ask("/openapi.json", { ifNoneMatch: '"old"' })).status).toBe(200);
  });

  test("is tried again after a source that failed", async () => {
    const sources = [() => Promise.reject(new Error("no disk")), () => ({ text: "ok", headers: {} })];
    const file = staticFile(() => sources.shift()?.() ?? { text: "read twice", headers: {} });
    await expect(file()).rejects.toThrow("no disk");
    await file();
    expect(new TextDecoder().decode((await file()).body ?? undefined)).toBe("ok");
  });
});
