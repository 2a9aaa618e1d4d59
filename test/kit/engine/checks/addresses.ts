import { authOf } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import { isRecord, shown } from "./compare.ts";

/** What a request lacks that proves nothing. */
const REFUSED = [401, 403, 404];

const pattern = ({ path }: DocumentedOperation) => new RegExp(`${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);

/** The address that an answer leads to, if it is one of the operation: a field `url`, or `Location`. */
function addressIn({ json, headers }: Exchange, op: DocumentedOperation, base: string): URL | undefined {
  const given = isRecord(json) && typeof json.url === "string" ? json.url : headers.get("location");
  if (given === null || !URL.canParse(given, base)) return undefined;
  const url = new URL(given, base);
  return pattern(op).test(url.pathname) && url.search !== "" ? url : undefined;
}

/** Operations on the same resource, below the same path, whose answers may lead to this one. */
const leading = (op: DocumentedOperation, run: Run) => {
  const above = op.path.slice(0, op.path.lastIndexOf("/"));
  return run.api.operations.filter(
    (one) => one !== op && (one.path === above || one.path.startsWith(`${above}/`)) && one.method !== "DELETE",
  );
};

/** The address as the server itself gives it out, and the answer that it stood in. */
async function given(op: DocumentedOperation, run: Run) {
  const { draft, ids } = await run.world.draft(op, {}, true);
  for (const leader of leading(op, run)) {
    const who = run.cast.owner(leader);
    if (!who || leader.path.split("{").length > op.path.split("{").length) continue;
    const asked = await run.send(leader, (await run.world.draft(leader, ids)).draft, who);
    const url = addressIn(asked, op, run.options.baseUrl);
    if (url) return { draft: { ...draft, query: [...url.searchParams] }, asked };
  }
  return undefined;
}

/** The same address, good for longer than it was signed for. */
const longer = (draft: Draft): Draft => ({
  ...draft,
  query: draft.query.map(
    ([name, value]) => [name, /^\d{10}$/.test(value) ? String(Number(value) + 1) : value] as const,
  ),
});

export const signedAddress: Check = {
  name: "signed_address",
  about:
    "An address that is given out can be followed without a credential; changed, or on another resource, it is refused",
  applies: (op, run) => authOf(op) === "signed" && leading(op, run).length > 0,
  async run(op, run) {
    const address = await given(op, run);
    if (!address) return;
    const { draft, asked } = address;
    const refused = async (what: string, changed: Draft) => {
      const exchange = await run.send(op, changed, undefined);
      if (REFUSED.includes(exchange.status)) return;
      run.report(this.name, op, { expected: `a refusal of ${what}`, seen: shown(exchange) }, [asked, exchange]);
    };
    if (longer(draft).query.some(([, value], at) => value !== draft.query[at]?.[1])) {
      await refused("an address that says to be good for longer", longer(draft));
    }
    const other = await run.world.draft(op, {}, true);
    if (other.draft.path !== draft.path) {
      await refused("the address of another resource", { ...other.draft, query: draft.query });
    }
    const followed = await run.send(op, draft, undefined);
    if (followed.status < 300) return;
    const expected = "what the address leads to";
    run.report(this.name, op, { expected, seen: shown(followed) }, [asked, followed]);
  },
};
