import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiError, ConnectionError, createClient } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { type Double, openDouble, type Step, say } from "./double.ts";

let app: TestApp;
let double: Double;
beforeAll(async () => {
  [app, double] = await Promise.all([openTestApp(), openDouble()]);
});
afterAll(() => Promise.all([app.close(), double.close()]));

const caught = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
const answered = (step: Step) => {
  double.script(step);
  return caught(
    createClient({ baseUrl: double.url, retries: 0 }).createPersona({ body: { name: "Nora", brand_id: "brd_1" } }),
  );
};

test("an error says the operation, the status, the code, what to do, and the request's id", async () => {
  const { api } = await freshOrganization(app);
  const brand = await api.createBrand({ body: { name: "Nora", slug: "nora" } });
  const call = () => api.createPersona({ body: { name: "Nora", brand_id: brand.id } });
  await call();
  const error = await caught(call());
  if (!(error instanceof ApiError)) throw new Error("no ApiError");
  expect(error).toMatchObject({ name: "ApiError", operationId: "createPersona", status: 409, code: "CONFLICT" });
  expect(error.requestId).toMatch(/^req_/);
  expect(error.response.headers.get("x-request-id")).toBe(error.requestId);
  expect(error.message).toMatch(/^createPersona: 409 CONFLICT: A persona named "Nora" already exists.* \(req_\w+\)$/);
});

test("its code narrows its details: of a validation error they have every issue", async () => {
  const { api } = await freshOrganization(app);
  const error = await caught(api.createBrand({ body: { name: "Nora", slug: "NO", timezone: "Moon" } }));
  if (!(error instanceof ApiError && error.code === "VALIDATION_ERROR")) throw new Error("no VALIDATION_ERROR");
  expect(error.details.issues.map(({ path }) => path)).toEqual(["body.slug", "body.timezone"]);
});

test.each<[string, Step, RegExp]>([
  ["empty", say(504), /^createPersona: 504 INTERNAL_ERROR: .*empty/],
  ["a proxy's page", say(504, "<h1>Gateway timeout</h1>"), /^createPersona: 504 INTERNAL_ERROR: .*Gateway timeout/],
  ["JSON of another kind", say(400, { error: "bad" }), /^createPersona: 400 INTERNAL_ERROR: .*bad/],
  ["JSON null", say(500, null), /^createPersona: 500 INTERNAL_ERROR/],
  [
    "cut",
    (response) => {
      response.writeHead(500, { "content-type": "application/json", "content-length": "999", "x-request-id": "req_7" });
      response.write('{"error":', () => response.destroy());
    },
    /^createPersona: 500 INTERNAL_ERROR: .*\(req_7\)$/,
  ],
])("an error answer that is %s is an ApiError all the same", async (_name, step, message) => {
  const error = await answered(step);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ message: expect.stringMatching(message), details: {} });
});

test("a page of any length gives a message that can be read", async () => {
  const error = await answered(say(502, "x".repeat(1_000_000)));
  expect((error as ApiError).message.length).toBeLessThan(300);
});

test("a web page is no answer, whatever its status: a log-in in front of the server, or a wrong address", async () => {
  const page: Step = (response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>Log in</p>");
  const error = await answered(page);
  expect(error).toBeInstanceOf(ConnectionError);
  expect((error as ConnectionError).message).toMatch(/^createPersona: no answer \(tries: 1\): .*<p>Log in/);
});

test("no answer is a ConnectionError that says why", async () => {
  const { url } = double;
  const closed = await openDouble();
  await closed.close();
  const error = await caught(createClient({ baseUrl: closed.url, retries: 0 }).getProfile());
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ name: "ConnectionError", operationId: "getProfile", attempts: 1 });
  expect((error as Error).message).toMatch(/^getProfile: no answer \(tries: 1\): .*ECONNREFUSED/);
  double.script(say(200, "<h1>Log in to the hotel's network</h1>", { "content-type": "application/json" }));
  const page = await caught(createClient({ baseUrl: url, retries: 0 }).getProfile());
  expect((page as ConnectionError).cause).toBeInstanceOf(SyntaxError);
});
