import fs from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { components } from "../../client/index.ts";
import { openStorage } from "../../server/storage/open.ts";
import type { Storage } from "../../server/storage/service.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestAppOptions } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import type { Fault } from "../storage/s3-double.ts";
import { openLocal, openS3, type S3Store, type Store } from "../storage/stores.ts";

export type Upload = components["schemas"]["Upload"];
type Answer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> };

/** A sample of test/fixtures/media. */
export const sample = (name: string): Promise<Buffer> =>
  fs.readFile(new URL(`../fixtures/media/${name}`, import.meta.url));

/** An app whose files stand in one of the stores, and that store as the tests look into it. */
export type Place = {
  readonly app: TestApp;
  readonly storage: Storage;
  /** What the S3 double is to do wrong, and what its answers wait for. */
  readonly faults: Fault[];
  readonly pace: { until: Promise<void> };
  /** Another process, as it were, on the same database and store. */
  another(options: TestAppOptions): Promise<TestApp>;
  /** Keys of objects, and of what is not whole. */
  held(): Promise<string[]>;
  close(): Promise<void>;
};

/** Reelmark with its files in a folder, or in the S3 double. Its workers run too, unless told. */
export async function openPlace(kind: "local" | "s3", options: TestAppOptions = {}): Promise<Place> {
  const store: Store & Partial<Pick<S3Store, "double">> = await (kind === "local" ? openLocal() : openS3());
  const { config } = store;
  const where: Record<string, string> =
    config.kind === "local"
      ? { STORAGE_DIR: config.folder }
      : {
          STORAGE_DIR: "",
          S3_BUCKET: config.bucket,
          S3_ENDPOINT: config.endpoint ?? "",
          S3_REGION: config.region,
          S3_ACCESS_KEY_ID: config.accessKeyId,
          S3_SECRET_ACCESS_KEY: config.secretAccessKey,
        };
  const open = (more: TestAppOptions) => openTestApp({ ...more, env: { ...where, ...more.env } });
  const app = await open({ role: "all", ...options });
  const storage = await openStorage(config);
  return {
    app,
    storage,
    faults: store.double?.faults ?? [],
    pace: store.double?.pace ?? { until: Promise.resolve() },
    another: (more) => open({ ...more, databaseUrl: app.databaseUrl }),
    async held() {
      const keys: string[] = [];
      for await (const one of storage.list(Date.now() + 3_600_000)) keys.push(`${one.kind} ${one.key}`);
      return keys;
    },
    async close() {
      await app.close();
      await storage.close();
      await store.close();
    },
  };
}

/** A tenant with what its tests do: every answer is held to the contract. */
export async function openTenant(app: TestApp, plan: "free" | "pro" | "scale" = "scale") {
  const organization = await freshOrganization(app);
  const { api, token, organizationId } = organization;
  if (plan !== "scale")
    await query(app.databaseUrl, "update organizations set plan = $1 where id = $2", [plan, organizationId]);
  const authorization = `Bearer ${token}`;

  const ask = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", authorization);
    // A stream as a body wants `duplex`, which the types of RequestInit do not know.
    const request = new Request(`${PUBLIC_URL}/api${path}`, {
      ...init,
      method,
      headers,
      duplex: "half",
    } as RequestInit);
    const response = await app.fetch(request);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
  };
  const sendFile = (bytes: Uint8Array, filename: string, type = "application/octet-stream", headers = {}) => {
    const form = new FormData();
    form.append("file", new File([new Uint8Array(bytes)], filename, { type }));
    return ask("POST", "/v1/uploads", { body: form, headers });
  };
  const upload = async (bytes: Uint8Array, filename: string, type?: string): Promise<Upload> => {
    const { status, body } = await sendFile(bytes, filename, type);
    if (status !== 201) throw new Error(`no upload: ${status} ${JSON.stringify(body)}`);
    return body as Upload;
  };
  const sendPart = (id: string, number: number, bytes: Uint8Array) =>
    ask("PUT", `/v1/uploads/${id}/parts/${number}`, {
      body: new Uint8Array(bytes),
      headers: { "content-type": "application/octet-stream" },
    });
  const settled = async (id: string): Promise<Upload> => {
    for (;;) {
      const found = await api.getUpload({ params: { upload_id: id } });
      if (found.status !== "pending") return found;
      await sleep(20);
    }
  };
  const counted = async () => {
    const [row] = await query<{ bytes: string }>(app.databaseUrl, "select bytes from storage_use where org_id = $1", [
      organizationId,
    ]);
    return Number(row?.bytes ?? 0);
  };
  const events = async () => {
    const rows = await query<{ type: string; payload: string }>(
      app.databaseUrl,
      "select type, payload from webhook_events where org_id = $1 and type like 'upload.%' order by id",
      [organizationId],
    );
    return rows.map(({ type, payload }) => ({ type, data: (JSON.parse(payload) as { data: Upload }).data }));
  };
  return { ...organization, ask, sendFile, upload, sendPart, settled, counted, events };
}

export type UploadTenant = Awaited<ReturnType<typeof openTenant>>;

/** Fetches an address that the server made, as its bearer would: without a credential. */
export const follow = (app: TestApp, url: string, init: RequestInit = {}): Promise<Response> =>
  url.startsWith(PUBLIC_URL) ? app.fetch(new Request(url, init)) : fetch(url, init);
