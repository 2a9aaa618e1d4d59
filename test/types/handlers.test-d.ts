/** Checked by `tsc`, never run: what must not compile in a handler. Every operation has a 204 beside its answer. */
import type { Principal } from "../../server/kit/backend.ts";
import { handlersFor, type Replied, twoSteps } from "../../server/kit/handlers.ts";
import { implement } from "../../server/kit/implement.ts";
import type { Context, Deps } from "../../server/kit/runtime.ts";
import { events, form, multipart, none, octets, redirect } from "../../spec/kit/media.ts";
import { id, input, query, schema, whole, z } from "../../spec/kit/schema.ts";
import { collect, vocabulary } from "../../spec/kit/vocabulary.ts";

const { operation } = vocabulary({
  scopes: { "things:write": "Write things" },
  tags: { Things: "Things." },
  params: { thing_id: id("thg") },
});

const name = z.string().describe("Name").meta({ example: "a" });
const size = z.int().describe("Size").meta({ example: 1 });
const Thing = schema("HandledThing", "A thing", { id: id("thg"), name, size });
const ThingInput = input("HandledInput", "A new thing", { name, size: size.default(1) });
const nothing = none("Nothing");
const base = { tag: "Things", summary: "S", scopes: ["things:write"] } as const;

const createThing = operation({
  ...base,
  id: "createThing",
  method: "post",
  path: "/things/{thing_id}",
  idempotent: "key",
  query: query({ n: whole({ min: 0, max: 9, about: "N" }) }),
  body: ThingInput,
  responses: { 201: Thing, 204: nothing },
});
const signIn = operation({
  ...base,
  id: "signIn",
  method: "post",
  path: "/sign-in",
  idempotent: "natural",
  body: form(ThingInput),
  responses: { 200: Thing, 204: nothing, 303: redirect("On") },
});
const upload = operation({
  ...base,
  id: "upload",
  method: "post",
  path: "/upload",
  idempotent: "natural",
  body: multipart(ThingInput, { file: "A file" }),
  responses: { 204: nothing },
});
const watch = operation({
  ...base,
  id: "watch",
  method: "get",
  path: "/watch",
  responses: { 200: events(Thing), 206: octets(["a/b"], "Bytes"), 204: nothing },
});

const contract = collect({ createThing, signIn, upload, watch }, []);
type C = typeof contract;
type Db = { readonly tables: true };
type Ctx = Context<Db, Principal>;
const handlers = handlersFor<C, Ctx>();

const thing = { id: "thg_1", name: "a", size: 1 };

export const oneStep = handlers({
  async createThing({ params, query: { n }, body }, { reply, db }) {
    const all: [string, number, string, number, true] = [params.thing_id, n, body.name, body.size, db.tables];
    // @ts-expect-error a parameter that the path does not have
    params.thing;
    // @ts-expect-error a query parameter that is not declared
    query.m;
    // @ts-expect-error a field that the body does not have
    body.colour;
    // @ts-expect-error a status that is not declared
    reply(200, thing);
    // @ts-expect-error a missing field
    reply(201, { id: "thg_1", name: "a" });
    // @ts-expect-error a literal excess field
    reply(201, { id: "thg_1", name: "a", size: 1, password: "b" });
    // @ts-expect-error a field of the wrong type
    reply(201, { ...thing, size: "1" });
    // @ts-expect-error no body
    reply(201);
    // @ts-expect-error a body where there is none
    reply(204, thing);
    if (all.length === 5) return reply(204);
    return reply(201, thing, { "X-Header": "1" });
  },
  async signIn({ body, query: none }, { reply }) {
    const nameGiven: string = body.name;
    const noQuery: undefined = none;
    // @ts-expect-error a redirect says where
    reply(303, {});
    return reply(303, { location: nameGiven + noQuery });
  },
  async watch({ body }, { reply }) {
    const noBody: undefined = body;
    // @ts-expect-error events come one after the other
    reply(200, thing);
    // @ts-expect-error bytes have a type
    reply(206, { bytes: new Uint8Array() });
    async function* all() {
      yield noBody ?? thing;
    }
    return reply(200, all());
  },
});

export const twoStep = handlers({
  createThing: twoSteps({
    async prepare({ params, body }, ctx) {
      // @ts-expect-error a parameter that the path does not have
      params.thing;
      // @ts-expect-error a field that the body does not have
      body.colour;
      // @ts-expect-error no connection is held in prepare
      ctx.db;
      // @ts-expect-error nor is anything answered there
      ctx.reply;
      const tables: true = await ctx.read(async (db) => db.tables);
      return { hash: body.name, tables };
    },
    async commit({ body }, { reply, db }, prepared) {
      const hash: string = prepared.hash;
      // @ts-expect-error what prepare did not return
      prepared.salt;
      // @ts-expect-error a status that is not declared
      reply(200, thing);
      // @ts-expect-error a missing field
      reply(201, { id: "thg_1", name: "a" });
      // @ts-expect-error a literal excess field
      reply(201, { id: "thg_1", name: "a", size: 1, password: "b" });
      // @ts-expect-error a field of the wrong type
      reply(201, { ...thing, size: "1" });
      if (db.tables) return reply(204);
      return reply(201, { ...thing, name: hash + body.name });
    },
  }),
  upload: twoSteps({
    async prepare({ body }) {
      for await (const part of body) if ("bytes" in part) for await (const chunk of part.bytes) return chunk.byteLength;
      // @ts-expect-error a streamed body has no fields
      body.name;
      return 0;
    },
    commit: async (_input, { reply }, _size) => reply(204),
  }),
});

handlers({
  // @ts-expect-error a handler that forgets to answer
  async upload() {},
});
handlers({
  // @ts-expect-error an answer that `reply` did not make
  upload: async () => ({ status: 204 }),
});
handlers({
  // @ts-expect-error an operation that the contract does not have
  downlaod: async () => null as unknown as Replied,
});

declare const deps: Deps<Db, Principal>;
implement(contract, { ...oneStep, ...twoStep }, deps);
// @ts-expect-error `watch` and `signIn` have no handler
implement(contract, twoStep, deps);
// @ts-expect-error `upload` has no handler
implement(contract, oneStep, deps);
