const ID = /\b([a-z]{2,4})_[0-9a-z]{26}\b/g;
/** What differs from call to call, or from tenant to tenant, by its form: and what stands for it. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "(time)"],
  [/\brm_[0-9a-f]{64}\b/g, "(key)"],
  [/\brm_[0-9a-f]{7}\b/g, "(start of a key)"],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, "(secret)"],
  [/\b([a-z]+)-[0-9a-f]{12}@/g, "$1@"],
  [/\bmade-[0-9a-f]{12}\b/g, "made"],
  [/\b(expires|signature)=[^&"]+/g, "$1=…"],
];
/** Fields whose text is the server's own making. */
const OPAQUE = new Set(["next_cursor", "digest", "token", "access_token", "refresh_token"]);
/** Fields that change by themselves, a little after what they tell of. */
const LATER = new Set(["last_used_at", "last_seen_at"]);

/** Reads answers of one tenant so that they can be compared with another's: ids by the order in which they came. */
export class Normal {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** @param known Ids whose names are given, by name: resources that the tenant has. */
  constructor(known: ReadonlyMap<string, string>) {
    for (const [name, id] of known) this.#names.set(id, `the ${name}`);
  }

  #named(kind: string, id: string): string {
    if (kind === "req") return "(request)";
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `${kind} ${count}`;
    this.#names.set(id, name);
    return name;
  }

  text(text: string): string {
    const plain = FORMS.reduce((some, [form, stand]) => some.replace(form, stand), text);
    return plain.replace(ID, (id, kind: string) => this.#named(kind, id));
  }

  /** A value of JSON, with its fields in the order of their names. */
  value(value: unknown, name = ""): unknown {
    if (LATER.has(name)) return "(later)";
    if (typeof value === "string") return OPAQUE.has(name) ? `(${name})` : this.text(value);
    if (Array.isArray(value)) return value.map((one) => this.value(one, name));
    if (typeof value !== "object" || value === null) return value;
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(fields.map(([key, one]) => [this.text(key), this.value(one, key)]));
  }
}
