/** Checked by `tsc`, never run: what the client's types promise. */
import { ApiError, type Client, type components, type Item, type JobError, verifyWebhook } from "../../client/index.ts";

declare const api: Client;
type Schemas = components["schemas"];

export const created: Promise<Schemas["Persona"]> = api.createPersona({ body: { name: "Nora", brand_id: "brd_1" } });
export const nothing: Promise<undefined> = api.deletePersona({ params: { persona_id: "per_1" } });
export const all: AsyncIterable<Schemas["Persona"]> = api.listPersonas.all({ query: { brand_id: "brd_1", limit: 50 } });
export const bytes: Promise<ReadableStream<Uint8Array>> = api.downloadUpload({
  params: { upload_id: "upl_1" },
  query: { expires: 1, signature: "x" },
});
export const item: Item<"listBrands">["slug"] = "a";

// @ts-expect-error no body
api.createPersona({});
// @ts-expect-error no argument
api.createPersona();
// @ts-expect-error a field is missing
api.createPersona({ body: { name: "Nora" } });
// @ts-expect-error a field that is not there
api.createPersona({ body: { name: "Nora", brand_id: "brd_1", colour: "red" } });
// @ts-expect-error a parameter is missing
api.getPersona();
// @ts-expect-error a filter that is not there
api.listPersonas({ query: { colour: "red" } });
// @ts-expect-error a state that is not there
api.listPersonas({ query: { status: "gone" } });
// @ts-expect-error cursors, not offsets, go through a whole list
api.listPersonas.all({ query: { offset: 20 } });
// @ts-expect-error not a list
api.getPersona.all({ params: { persona_id: "per_1" } });
// @ts-expect-error a list that has no pages
api.listUploadParts.all({ params: { upload_id: "upl_1" } });
// @ts-expect-error no such operation
api.createUnicorn({});
// @ts-expect-error bytes, not JSON
api.putUploadPart({ params: { upload_id: "upl_1", part_number: "1" }, body: { a: 1 } });
// @ts-expect-error a form, not JSON
api.createUpload({ body: { file: "x" } });

export const patient = api.getProfile({
  retries: 0,
  timeout: 1000,
  totalTimeout: 5000,
  signal: AbortSignal.timeout(1),
});
// @ts-expect-error the clock belongs to the client
api.getProfile({ timing: {} });

export async function byPath() {
  const { data, error } = await api.GET("/v1/personas", { params: { query: { limit: 1 } } });
  // @ts-expect-error no such path
  await api.GET("/v1/unicorns");
  return data?.data[0]?.name ?? error?.error.code;
}

export function narrowed(error: unknown): unknown {
  if (!(error instanceof ApiError)) return undefined;
  // @ts-expect-error a code that is not in the registry
  if (error.code === "TEAPOT") return error;
  // @ts-expect-error only a validation error is sure to have issues
  error.details.issues.length;
  if (error.code === "VALIDATION_ERROR") return error.details.issues.map((issue) => issue.path);
  switch (error.code) {
    case "CONFLICT":
    case "NOT_FOUND":
      return error.details.resource_id;
    default:
      return error.status + error.requestId + error.operationId;
  }
}

export async function waits() {
  const job: Schemas["SyncJob"] = await api.waitFor(await api.syncSource({ params: { source_id: "src_1" }, body: {} }));
  const upload: Schemas["Upload"] = await api.waitFor(await api.importUpload({ body: { url: "https://a.example/b" } }));
  // @ts-expect-error nothing to wait for
  await api.waitFor(await api.getBrand({ params: { brand_id: "brd_1" } }));
  return [job, upload];
}
export const failed = (error: JobError) => error.job.status;

export async function told(payload: string): Promise<string> {
  const event = await verifyWebhook(payload, new Headers(), "whsec_");
  // @ts-expect-error what the data are, the type says
  event.data.filename;
  switch (event.type) {
    case "upload.ready":
      return event.data.filename;
    case "sync.failed":
      return event.data.persona_id;
    default:
      return event.id;
  }
}

export const uploads = [
  api.upload(new Blob([]), { filename: "a.mp4", onProgress: ({ sent, size, upload }) => [sent / size, upload.id] }),
  api.upload(new Blob([]).stream(), { filename: "a.mp4", size: 5 }),
];
// @ts-expect-error a path is not a file: open it
api.upload("a.mp4");
