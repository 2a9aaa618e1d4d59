import { type Api, authOf, pathParams } from "../kit/api.ts";
import { nextOf } from "../kit/engine/lists.ts";
import type { TestApp } from "../setup/app.ts";
import { type Case, CURSOR, exampleCall, shared } from "./cases.ts";
import type { Examples } from "./examples.ts";
import { Normal } from "./normal.ts";
import type { Call, Difference, Outcome, Surface } from "./surface.ts";
import { isMadeApart, largest, madeApart, newTenant, type Tenant } from "./tenants.ts";

/** What ends the session or the tenant that it is called with, or puts its user into another tenant. */
const ENDS = new Set([
  "logout",
  "changePassword",
  "deleteAccount",
  "deleteOrganization",
  "leaveOrganization",
  "createOrganization",
  "acceptInvitation",
  "endSession",
]);

/** A surface with its tenant: the resources that it made, by kind. */
type Seat = {
  readonly surface: Surface;
  tenant: Tenant;
  readonly ids: Map<string, string>;
  cursor: string | undefined;
};

export type WorldOptions = {
  readonly app: TestApp;
  readonly surfaces: readonly Surface[];
  readonly api: Api;
  readonly examples: Examples;
  readonly report: (difference: Difference) => void;
};

const good = ({ status }: Outcome) => typeof status === "number" && status < 300;

/** Every surface on a tenant of its own, all in the same state as long as they do the same. */
export class World {
  readonly #options: WorldOptions;
  #seats: Seat[] = [];
  readonly calls: Record<string, number> = {};
  /** Kinds that there are now, in the order in which they were made. */
  readonly #kept: string[] = [];
  #credits = 1000;
  #ended = true;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** Runs a case, with what it needs and what shows its effect. Returns what HTTP answered to each call. */
  async run(one: Case): Promise<Outcome["status"][]> {
    const { operation: op, calls } = one;
    if (this.#ended) await this.#renew();
    const made = this.#options.api.kindOf(op, "creates");
    // Work that is under way stands against more of it, and nothing ends it: then on something new.
    if (made !== undefined && this.#kept.includes(made) && !this.#canEnd(made)) await this.#forget();
    await this.#ensureFor(op.id, calls);
    let outcomes: Outcome[] = [];
    const statuses: Outcome["status"][] = [];
    for (const [at, call] of calls.entries()) {
      outcomes = await this.#everywhere(calls.length > 1 ? `${one.name}, call ${at + 1}` : one.name, call);
      statuses.push(outcomes[0]?.status ?? "none");
    }
    await this.#afterwards(one, outcomes);
    return statuses;
  }

  async #renew(): Promise<void> {
    const { app, surfaces } = this.#options;
    this.#kept.length = 0;
    this.#seats = await Promise.all(
      surfaces.map(async (surface) => ({ surface, tenant: await newTenant(app), ids: new Map(), cursor: undefined })),
    );
    this.#ended = false;
  }

  /** Sends a call through every surface, and compares. */
  async #everywhere(name: string, call: Call, seats = this.#seats): Promise<Outcome[]> {
    const outcomes = await Promise.all(seats.map((seat) => this.#call(seat, call)));
    const texts = seats.map((seat, at) => {
      const { status, body } = outcomes[at] ?? { status: "none", body: undefined };
      return `${status} ${JSON.stringify(new Normal(seat.ids).value(body)) ?? "nothing"}`;
    });
    const [http = ""] = texts;
    for (const [at, seen] of texts.entries()) {
      const surface = seats[at]?.surface.name ?? "";
      if (seen !== http) this.#options.report({ name, surface, http, seen });
    }
    return outcomes;
  }

  async #call(seat: Seat, call: Call): Promise<Outcome> {
    const { surface, tenant } = seat;
    this.calls[surface.name] = (this.calls[surface.name] ?? 0) + 1;
    const outcome = await surface.call(this.#ofTenant(seat, call), tenant.tokens);
    seat.cursor = nextOf({ json: outcome.body } as Parameters<typeof nextOf>[0]);
    return outcome;
  }

  /** The call with the tenant's own ids and cursor, where it has those of the examples. */
  #ofTenant({ ids, cursor }: Seat, { operation, ...call }: Call): Call {
    let text = JSON.stringify(call).replaceAll(CURSOR, cursor ?? "no cursor");
    for (const [kind, id] of ids) {
      const shown = this.#options.examples.ids.get(kind);
      if (shown !== undefined) text = text.replaceAll(shown, id);
    }
    return { operation, ...(JSON.parse(text) as Omit<Call, "operation">) };
  }

  /** Makes whatever the calls name and is not there. */
  async #ensureFor(operation: string, calls: readonly Call[]): Promise<void> {
    const kinds = this.#options.examples.kindsIn(JSON.stringify(calls.map(({ operation: _, ...call }) => call)));
    const [first] = calls;
    const last = first && pathParams(first.operation).at(-1);
    const id = last && first.params[last.name];
    for (const kind of kinds) {
      // In its path stands one that must be in a certain state, such as an upload in parts.
      if (isMadeApart(operation) && this.#options.examples.ids.get(kind) === id) await this.#makeApart(kind, operation);
      else await this.#ensure(kind);
    }
  }

  async #makeApart(kind: string, maker: string): Promise<void> {
    const credits = this.#credits++;
    for (const seat of this.#seats) seat.ids.set(kind, await madeApart(this.#options.app, seat.tenant, maker, credits));
    if (!this.#kept.includes(kind)) this.#kept.push(kind);
  }

  async #ensure(kind: string): Promise<void> {
    if (this.#kept.includes(kind)) return;
    const { api, examples } = this.#options;
    const op = shared({ api }).find((one) => api.kindOf(one, "creates") === kind && !KINDS_APART.has(one.id));
    if (!op || isMadeApart(kind)) return this.#makeApart(kind, kind);
    const call = exampleCall({ examples }, op);
    await this.#ensureFor(op.id, [call]);
    const outcomes = await this.#everywhere(`${op.id}: to have one`, call);
    for (const [at, outcome] of outcomes.entries()) {
      const id = api.idOf(kind, outcome.body);
      if (!id || !good(outcome)) throw new Error(`${op.id} makes no ${kind}: ${JSON.stringify(outcome)}`);
      this.#seats[at]?.ids.set(kind, id);
    }
    this.#kept.push(kind);
  }

  /** Looks at what a call has made or changed, and ends what it made, so that the limits of a plan stay far. */
  async #afterwards({ name, operation: op }: Case, outcomes: readonly Outcome[]): Promise<void> {
    const { api, app } = this.#options;
    const done = this.#seats.filter((_, at) => good(outcomes[at] ?? { status: 0, body: undefined }));
    if (done.length === 0 || op.method === "GET") return;
    if (ENDS.has(op.id)) this.#ended = true;
    if (op.id === "changeBillingPlan") for (const { tenant } of this.#seats) await largest(app, tenant.organization);
    if (this.#ended) return;
    const made = api.kindOf(op, "creates");
    if (made !== undefined) {
      const isToStay = !this.#canEnd(made);
      const before = new Map(done.map((seat) => [seat, seat.ids.get(made)]));
      for (const seat of done) seat.ids.set(made, this.#idOf(seat, made, outcomes));
      await this.#look(made, `${name}, read`, done);
      await this.#end(made, `${name}, ended`, done);
      for (const [seat, id] of before)
        if (id === undefined) seat.ids.delete(made);
        else seat.ids.set(made, id);
      if (isToStay) await this.#forget();
    }
    const changed = api.kindOf(op, "updates");
    if (changed !== undefined) await this.#look(changed, `${name}, read`, done);
    if (api.kindOf(op, "deletes") !== undefined) await this.#forget();
  }

  #idOf(seat: Seat, kind: string, outcomes: readonly Outcome[]): string {
    return this.#options.api.idOf(kind, outcomes[this.#seats.indexOf(seat)]?.body) ?? "";
  }

  async #look(kind: string, name: string, seats: readonly Seat[]): Promise<void> {
    const { api, examples } = this.#options;
    const op = api.operationFor(kind, "reads");
    if (op && shared({ api }).includes(op)) await this.#everywhere(name, exampleCall({ examples }, op), [...seats]);
  }

  #canEnd(kind: string): boolean {
    return this.#options.api.operationFor(kind, "deletes") !== undefined;
  }

  async #end(kind: string, name: string, seats: readonly Seat[]): Promise<void> {
    const { api, examples } = this.#options;
    const op = api.operationFor(kind, "deletes");
    if (op && authOf(op) === "credential") await this.#everywhere(name, exampleCall({ examples }, op), [...seats]);
  }

  /** One thing is gone, and perhaps what stood on it: the rest of what was made goes too, the last first. */
  async #forget(): Promise<void> {
    for (const kind of [...this.#kept].reverse()) await this.#end(kind, `the ${kind} goes`, this.#seats);
    this.#kept.length = 0;
    for (const { ids } of this.#seats) ids.clear();
  }
}

/** Operations that create by what is there already: not the way to have a first one. */
const KINDS_APART = new Set(["rotateApiKey", "importSourcePostMedia"]);
