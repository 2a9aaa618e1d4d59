import type { Api } from "./api.ts";
import { Life } from "./life.ts";
import type { BreakableTarget, SuiteOptions, Target, Tenant } from "./target.ts";

/** What a failing store throws: nothing of it may reach a caller. */
export const STORE_SECRET = "a-password-in-an-exception";

type RegisteredTest = { readonly title: string; readonly run: () => Promise<void> };

/** What the checks share: the document, and servers that are opened when the first check needs them. */
export class Suite<T extends Tenant = Tenant> {
  readonly api: Api;
  readonly options: SuiteOptions<T>;
  readonly #open = new Map<string, Promise<Target<T>>>();
  #tests: RegisteredTest[] = [];
  #home: Promise<Life<T>> | undefined;

  constructor(api: Api, options: SuiteOptions<T>) {
    this.api = api;
    this.options = options;
  }

  /** Whether checks can have resources of a kind made. */
  makes(kind: string): boolean {
    return this.api.operationFor(kind, "creates") !== undefined || this.options.makers?.[kind] !== undefined;
  }

  /** Registers a test of the group that is being made. */
  test(title: string, run: () => Promise<void>): void {
    this.#tests.push({ title, run });
  }

  /** The tests registered since the last call. */
  taken(): readonly RegisteredTest[] {
    const tests = this.#tests;
    this.#tests = [];
    return tests;
  }

  #once<S extends Target<T>>(name: string, open: () => Promise<S>): Promise<S> {
    const opened = this.#open.get(name) ?? open();
    this.#open.set(name, opened);
    // Each name is opened by one method of this class, with one kind of target.
    return opened as Promise<S>;
  }

  main(): Promise<Target<T>> {
    return this.#once("main", () => this.options.open());
  }

  limited(perMinute: number): Promise<Target<T>> {
    return this.#once(`limited ${perMinute}`, () => this.options.openLimited(perMinute));
  }

  breakable(): Promise<BreakableTarget<T>> {
    return this.#once("breakable", () => this.options.openBreakable(STORE_SECRET));
  }

  /** One tenant for all checks that leave nothing behind. */
  home(): Promise<Life<T>> {
    this.#home ??= this.fresh();
    return this.#home;
  }

  /** A tenant that nobody has touched. */
  async fresh(target?: Target<T>): Promise<Life<T>> {
    const at = target ?? (await this.main());
    return new Life(this.api, at, await at.tenant(), this.options.makers);
  }

  async close(): Promise<void> {
    const targets = [...this.#open.values()];
    this.#open.clear();
    for (const target of targets) await (await target).close();
  }
}
