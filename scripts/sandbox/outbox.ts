import { newId } from "../../server/kit/ids.ts";

/** Entries of one kind that are kept: a page shows no more, and a test that runs for hours must not fill the memory. */
const MOST = 200;

/** A mail that was not sent. */
export type SentMail = {
  readonly id: string;
  readonly at: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** What its token is good for, and the token; null for a mail without one. */
  readonly action: MailAction | null;
};

export type MailAction = {
  readonly kind: "verify-email" | "reset-password" | "accept-invitation";
  readonly token: string;
  /** Path of the operation that takes the token. */
  readonly path: string;
};

/** A request that left the server, or would have. */
export type SentRequest = {
  readonly id: string;
  readonly at: string;
  readonly kind: "webhook" | "fetch";
  /** `here` was answered by the sandbox; `there` went to a receiver on this machine or in its private network. */
  readonly went: "here" | "there";
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The answer's status; null when none came, and `error` says why. */
  readonly status: number | null;
  readonly error: string | null;
};

/** A payment page, or a charge of a saved card. */
export type SentPayment = {
  readonly id: string;
  readonly at: string;
  readonly what: string;
  readonly price: string;
  readonly status: "open" | "paid" | "declined" | "expired" | "closed" | "ended";
  /** The page on which it is paid; null for a charge. */
  readonly url: string | null;
};

type Kinds = { mails: SentMail; requests: SentRequest; payments: SentPayment };

/** All that left the server, newest first. */
export type Sent = { readonly [K in keyof Kinds]: readonly Kinds[K][] };

/** Keeps what left the server, so that it can be seen. */
export class Outbox {
  #sent: Sent;
  /** Grows with every change. */
  version = 0;

  constructor(sent: Sent = { mails: [], requests: [], payments: [] }) {
    this.#sent = sent;
  }

  /** What was sent until now; it does not change afterwards. */
  get sent(): Sent {
    return this.#sent;
  }

  /** Adds an entry, or changes the one with its id. Its time is the server's. */
  put<K extends keyof Kinds>(kind: K, entry: Omit<Kinds[K], "at" | "id"> & { readonly id?: string }): Kinds[K] {
    const list: readonly Kinds[K][] = this.#sent[kind];
    const present = list.find(({ id }) => id === entry.id);
    const stamp = present ?? { id: entry.id ?? newId("sbx", Date.now()), at: new Date().toISOString() };
    // `entry` has every field of its kind but these two, which TypeScript cannot put together for a kind it does not know.
    const whole = { ...entry, id: stamp.id, at: stamp.at } as Kinds[K];
    const next = present ? list.map((one) => (one.id === whole.id ? whole : one)) : [whole, ...list].slice(0, MOST);
    this.#sent = { ...this.#sent, [kind]: next };
    this.version += 1;
    return whole;
  }
}

const ACTIONS = {
  "/v1/auth/verify-email": "verify-email",
  "/v1/auth/password-reset": "reset-password",
  "/v1/invitations/accept": "accept-invitation",
} as const satisfies Record<string, MailAction["kind"]>;

/** What a mail asks its reader to do: the first path that it names with a token. Null when it names none. */
export function actionOf(text: string): MailAction | null {
  const token = /\b(rmm|rmi)_[A-Za-z0-9_-]{20,}/.exec(text)?.[0];
  const found = Object.entries(ACTIONS).find(([path]) => text.includes(`/api${path} `));
  return token && found ? { kind: found[1], token, path: found[0] } : null;
}
