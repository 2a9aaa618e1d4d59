import type { SurfaceName } from "./open.ts";
import type { Call, Outcome, Surface } from "./surface.ts";

/** A fault of one surface: what it does to a call, or to what comes back. */
export type Plant = {
  readonly what: string;
  readonly surface: Exclude<SurfaceName, "http" | "mock">;
  /** Where it shows. */
  readonly operation: string;
  call?(call: Call): Call;
  outcome?(outcome: Outcome): Outcome;
};

type Fields = Readonly<Record<string, unknown>>;

const without = (value: unknown, name: string): unknown =>
  Object.fromEntries(Object.entries((value ?? {}) as Fields).filter(([key]) => key !== name));

const isError = ({ status }: Outcome) => Number(status) >= 400;

export const PLANTS: readonly Plant[] = [
  {
    what: "drops a parameter of the query",
    surface: "client",
    operation: "listPersonas",
    call: (call) => ({ ...call, query: without(call.query, "limit") as Call["query"] }),
  },
  {
    what: "takes the text 007 for the number 7",
    surface: "cli",
    operation: "listBrands",
    call: (call) => ({
      ...call,
      query: Object.fromEntries(
        Object.entries(call.query).map(([name, one]) => [name, /^0+\d+$/.test(String(one)) ? Number(one) : one]),
      ),
    }),
  },
  {
    what: "swallows a status",
    surface: "mcp",
    operation: "getBrand",
    outcome: (outcome) => (outcome.status === 404 ? { ...outcome, status: 200 } : outcome),
  },
  {
    what: "loses what null says",
    surface: "cli",
    operation: "updatePersona",
    call: (call) => ({
      ...call,
      ...(call.body === undefined
        ? {}
        : { body: Object.fromEntries(Object.entries(call.body as Fields).filter(([, one]) => one !== null)) }),
    }),
  },
  {
    what: "loses the details of an error",
    surface: "client",
    operation: "createBrand",
    outcome(outcome) {
      const { error } = (outcome.body ?? {}) as { error?: Fields };
      return isError(outcome) ? { ...outcome, body: { error: { ...error, details: {} } } } : outcome;
    },
  },
  {
    what: "sends no Idempotency-Key",
    surface: "mcp",
    operation: "createPersona",
    call: ({ key: _, ...call }) => call,
  },
  {
    what: "calls with another credential",
    surface: "mcp",
    operation: "listSources",
    call: (call) => ({ ...call, as: call.as === "reader" ? "owner" : call.as }),
  },
];

/** The surface with the fault. */
export const planted = (surface: Surface, { call, outcome }: Plant): Surface => ({
  ...surface,
  async call(said, tokens) {
    const seen = await surface.call(call?.(said) ?? said, tokens);
    return outcome?.(seen) ?? seen;
  },
});
