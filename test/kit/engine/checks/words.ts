import { authOf } from "../../api.ts";
import { type DocumentedOperation, responseOf } from "../../document.ts";
import { withHeaders } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Principal } from "../types.ts";
import { shown } from "./compare.ts";

const BEARER = /^Bearer (?=.)/;

/** The owner of an operation, where it is a bearer token that makes a request theirs. */
function bearer(op: DocumentedOperation, run: Run): { who: Principal; name: string; value: string } | undefined {
  const who = run.cast.owner(op);
  const [name, value = ""] = Object.entries(who?.headers ?? {}).find(([one]) => /^authorization$/i.test(one)) ?? [];
  return who && name !== undefined && BEARER.test(value) && !who.sign ? { who, name, value } : undefined;
}

/** Whether an operation stands for all that are asked for the same kind of credential. */
const isFirst = (op: DocumentedOperation, run: Run) =>
  run.api.operations.find(
    (one) =>
      (run.options.only?.(one) ?? true) &&
      one.security.length > 0 &&
      authOf(one) === authOf(op) &&
      bearer(one, run) !== undefined,
  ) === op;

export const schemeCase: Check = {
  name: "auth_scheme_case",
  about: "The scheme in Authorization is taken in any case: bearer is Bearer (RFC 9110 §11.1)",
  applies: isFirst,
  async run(op, run) {
    const own = bearer(op, run);
    if (!own) return;
    for (const scheme of ["bearer ", "BEARER "]) {
      const headers = { ...own.who.headers, [own.name]: own.value.replace(BEARER, scheme) };
      const { draft } = await run.world.draft(op, {}, true);
      const exchange = await run.send(op, draft, { ...own.who, headers });
      if (exchange.status !== 401) continue;
      // What is wrong besides, such as a password in the body, is a 401 in any case.
      const usual = await run.send(op, (await run.world.draft(op, {}, true)).draft, own.who);
      if (usual.status === 401) return;
      const expected = `${usual.status}, as with Bearer, for the scheme ${scheme.trim()}`;
      run.report(this.name, op, { expected, seen: shown(exchange) }, [exchange]);
    }
  },
};

/** JSON's media type as clients write it: names have no case (RFC 9110 §8.3.1), and a charset changes nothing (RFC 8259 §11). */
const written = (type: string) => [`${type}; charset=UTF-8`, type.toUpperCase()];

export const jsonMediaType: Check = {
  name: "json_media_type",
  about: "JSON is taken with a charset, and with its media type in capitals (RFC 9110 §8.3.1, RFC 8259 §11)",
  applies: (op, run) =>
    /^application\/(json|[^;\s]+\+json)$/.test(run.api.body(op)?.type ?? "") && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const send = async (type?: string) => {
      const { draft, ids } = await run.world.draft(op, {}, true);
      const sent = draft.body && type !== undefined ? { ...draft, body: { ...draft.body, type } } : draft;
      const exchange = await run.send(op, sent, run.cast.owner(op));
      await run.world.end(op, exchange, ids);
      return exchange;
    };
    for (const type of written(run.api.body(op)?.type ?? "")) {
      const exchange = await send(type);
      if (![400, 415, 422].includes(exchange.status)) continue;
      // A 400 may be for the body, which is then refused however its type is written.
      if (exchange.status !== 415 && (await send()).status >= 400) continue;
      run.report(this.name, op, { expected: `a body of ${type} is taken`, seen: shown(exchange) }, [exchange]);
    }
  },
};

/** What a client may send where a server hopes for a name of its own making. */
const ILL_FORMED = ["not well formed", "<b>", "x".repeat(1000)];

/** Headers of an answer whose schema not every text fits, and what of the above does not. */
function strict(op: DocumentedOperation, run: Run): { name: string; bad: readonly string[] }[] {
  const headers = Object.entries(responseOf(op, run.api.success(op).status)?.headers ?? {});
  return headers.flatMap(([name, { schema }]) => {
    const isText = run.api.schemas.types(schema).includes("string");
    const bad = isText ? ILL_FORMED.filter((value) => !run.api.schemas.fits(schema, value)) : [];
    return bad.length > 0 ? [{ name, bad }] : [];
  });
}

export const echoedHeader: Check = {
  name: "echoed_header",
  about:
    "A header that a client sends under the name of one of the answer's comes back as its schema says, or not at all",
  applies(op, run) {
    const isReader = (one: DocumentedOperation) =>
      one.method === "GET" && (run.options.only?.(one) ?? true) && strict(one, run).length > 0;
    return run.cast.owner(op) !== undefined && run.api.operations.find(isReader) === op;
  },
  async run(op, run) {
    const { draft } = await run.world.draft(op);
    for (const { name, bad } of strict(op, run)) {
      for (const value of bad) {
        const exchange = await run.send(op, withHeaders(draft, { [name]: value }), run.cast.owner(op));
        // The judge of all headers has seen it too: one cause is one finding.
        if (exchange.headers.get(name) !== value || run.enabled("response_headers")) continue;
        const expected = `${name} as its schema says, whatever is sent`;
        run.report(this.name, op, { expected, seen: value.slice(0, 100) }, [exchange]);
      }
    }
  },
};
