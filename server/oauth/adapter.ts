import { AsyncLocalStorage } from "node:async_hooks";
import { hash } from "node:crypto";
import type { Adapter, AdapterPayload } from "oidc-provider";
import { tokenHash } from "../auth/service.ts";
import type { Db } from "../kit/postgres/db.ts";
import {
  CONSUME,
  DESTROY,
  END_GRANT,
  EXTEND_GRANT,
  FIND,
  FIND_CLIENT,
  FIND_GRANT,
  INSERT_CLIENT,
  UPSERT,
} from "./sql.ts";

const running = new AsyncLocalStorage<Db>();

/** Runs `work` so that all that the provider reads and writes in it belongs to one transaction. */
export const within = <T>(db: Db, work: () => Promise<T>): Promise<T> => running.run(db, work);

function db(): Db {
  const found = running.getStore();
  if (!found) throw new Error("The provider reads or writes outside of a transaction");
  return found;
}

/** What is stored of a user code, in any spelling of it: `wdjb-mjht` is `WDJB MJHT`. */
export const userCodeHash = (code: string): Buffer =>
  hash("sha256", `user code ${code.toUpperCase().replace(/[^A-Z]/g, "")}`, "buffer");

const never = async (): Promise<never> => {
  throw new Error("The provider was configured to do without this");
};
const nothing = async () => undefined;

const unused: Adapter = {
  upsert: never,
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  consume: never,
  destroy: nothing,
  revokeByGrantId: nothing,
};

/** Clients that registered themselves. */
const clients: Adapter = {
  ...unused,
  async upsert(id, metadata) {
    await db().run(INSERT_CLIENT, [id, JSON.stringify(metadata)]);
  },
  async find(id) {
    const row = await db().one<{ metadata: AdapterPayload }>(FIND_CLIENT, [id]);
    return row?.metadata;
  },
};

type GrantRow = {
  id: string;
  user_id: string;
  client_id: string;
  resource: string;
  scopes: string[];
  expires_at: string;
};

/** Grants are made by our own consent page (`grants.ts`); the provider reads and ends them. */
const grants: Adapter = {
  ...unused,
  async find(id) {
    const row = await db().one<GrantRow>(FIND_GRANT, [id]);
    if (!row) return undefined;
    return {
      jti: row.id,
      kind: "Grant",
      accountId: row.user_id,
      clientId: row.client_id,
      resources: { [row.resource]: row.scopes.join(" ") },
      exp: Math.floor(Date.parse(row.expires_at) / 1000),
    };
  },
  async destroy(id) {
    await db().run(END_GRANT, [id]);
  },
};

type Row = { payload: AdapterPayload; consumed: number | null };
const seconds = () => Math.floor(Date.now() / 1000);

/** Tokens, codes and requests in the making. What opens something (`jti`, the user code) is stored as its hash alone. */
function artifacts(kind: string): Adapter {
  const open = (row: Row | undefined, secrets: AdapterPayload): AdapterPayload | undefined =>
    row && { ...row.payload, ...secrets, ...(row.consumed === null ? {} : { consumed: row.consumed }) };
  return {
    async upsert(id, { jti: _jti, userCode, consumed: _consumed, ...payload }, expiresIn) {
      const end = payload.exp ?? seconds() + (expiresIn ?? 0);
      const code = userCode === undefined ? null : userCodeHash(userCode);
      const values = [tokenHash(id), kind, payload.grantId ?? null, code, JSON.stringify(payload), end];
      await db().run(UPSERT, values);
      if (kind === "RefreshToken" && payload.grantId !== undefined)
        await db().run(EXTEND_GRANT, [payload.grantId, end]);
    },
    async find(id) {
      return open(await db().one<Row>(FIND, [tokenHash(id), kind]), { jti: id });
    },
    // Approving a device goes by its code's hash (`device.ts`), because the device code itself is not stored.
    findByUserCode: nothing,
    findByUid: nothing,
    async consume(id) {
      // Cannot fail after `find`, which holds the row; if it did, a second answer must not follow.
      if ((await db().run(CONSUME, [tokenHash(id)])) !== 1) throw new Error("consumed by somebody else");
    },
    async destroy(id) {
      await db().run(DESTROY, [tokenHash(id), kind]);
    },
    async revokeByGrantId(id) {
      await db().run(END_GRANT, [id]);
    },
  };
}

/** Where the provider keeps its models: each in the transaction of its request. The browser's session is our own. */
export function adapterOf(name: string): Adapter {
  if (name === "Client") return clients;
  if (name === "Grant") return grants;
  if (name === "Session") return { ...unused, upsert: nothing };
  const kept = ["AccessToken", "AuthorizationCode", "DeviceCode", "Interaction", "RefreshToken"];
  return kept.includes(name) ? artifacts(name) : unused;
}
