import type fc from "fast-check";

type Magic = string | number;

/** Longer texts are prose, not ids, names or cursors. */
const LONGEST = 512;
const MOST_PER_NAME = 40;

/** Values seen in earlier answers (ids, names, cursors), by the name of the field that they stood in. */
export class ValuePool {
  readonly #byName = new Map<string, Magic[]>();
  readonly #all: Magic[] = [];

  /** Takes every text and number out of an answer. */
  mine(value: unknown, name = ""): void {
    if (Array.isArray(value)) for (const item of value) this.mine(item, name);
    else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) this.mine(item, key);
    } else if (typeof value === "number" || (typeof value === "string" && value.length <= LONGEST))
      this.#add(name, value);
  }

  #add(name: string, value: Magic): void {
    const own = this.#byName.get(name) ?? [];
    this.#byName.set(name, own);
    for (const list of [own, this.#all]) {
      if (list.includes(value)) continue;
      list.push(value);
      if (list.length > MOST_PER_NAME) list.shift();
    }
  }

  /** A value seen in a field of this name, or now and then in any. */
  take(random: fc.Random, name: string): Magic | undefined {
    const own = this.#byName.get(name) ?? [];
    const list = own.length > 0 && random.nextInt(0, 3) > 0 ? own : this.#all;
    return list.length === 0 ? undefined : list[random.nextInt(0, list.length - 1)];
  }
}
