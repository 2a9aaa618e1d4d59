import { type Client, createClient } from "../../client/index.ts";
import { PUBLIC_URL, type TestApp } from "../setup/app.ts";

/** The last request that a client sent, as its audit event should tell it. */
export type Recorded = {
  requestId: string;
  fields: string[];
  status: number;
};

/** Ids are what an audit event is made of; everything else that a request or an answer holds is none of its business. */
const ID = /^[a-z]{3}_[0-9a-z]{26}$/;

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

const parsed = (text: string): unknown => (text === "" ? undefined : JSON.parse(text));

export type Recorder = {
  api(token?: string): Client;
  readonly last: Recorded;
  /** Every value of 8 characters or more that was sent in a body, or answered as a secret. */
  readonly values: ReadonlySet<string>;
};

/** Clients that note what they send: what an audit record must have, and what it must not. */
export function recorder(test: TestApp): Recorder {
  const last: Recorded = { requestId: "", fields: [], status: 0 };
  const values = new Set<string>();
  const note = (value: unknown) => {
    for (const text of texts(value)) if (text.length >= 8 && !ID.test(text)) values.add(text);
  };
  const fetch = async (request: Request) => {
    const isJson = request.headers.get("content-type")?.startsWith("application/json") === true;
    const body = isJson ? parsed(await request.clone().text()) : undefined;
    note(body);
    const token = request.headers.get("authorization")?.slice(7);
    if (token !== undefined) values.add(token);
    const response = await test.fetch(request);
    last.requestId = response.headers.get("x-request-id") ?? "";
    last.fields = typeof body === "object" && body !== null ? Object.keys(body).sort() : [];
    last.status = response.status;
    const { key, secret, access_token, refresh_token } = (parsed(await response.clone().text()) ?? {}) as Record<
      string,
      unknown
    >;
    note([key, secret, access_token, refresh_token]);
    return response;
  };
  return {
    // Tests look at each answer; those of the client itself switch its retries on.
    api: (token) => createClient({ baseUrl: `${PUBLIC_URL}/api`, fetch, retries: 0, ...(token ? { token } : {}) }),
    last,
    values,
  };
}
