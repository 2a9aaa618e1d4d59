import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";

/** What is written, in this order: each needs the one before it. The table in which it must be found. */
export const STEPS = {
  brand: "brands",
  persona: "personas",
  source: "sources",
  sync: "sync_jobs",
  key: "api_keys",
  topup: "topups",
} as const;
export type Step = keyof typeof STEPS;
const ORDER = Object.keys(STEPS) as Step[];

/** One story of writes: what it has been told is done, by step. It goes on where the server died under it. */
export type Story = { readonly n: number; readonly ids: Partial<Record<Step, string>>; refused: Step[] };

export const newStory = (n: number): Story => ({ n, ids: {}, refused: [] });

function request({ n, ids }: Story, step: Step, feeds: string): { path: string; body: object } {
  const name = `${step}-${n}`;
  switch (step) {
    case "brand":
      return { path: "/v1/brands", body: { name, slug: name } };
    case "persona":
      return { path: "/v1/personas", body: { name, brand_id: ids.brand } };
    case "source":
      return { path: "/v1/sources", body: { persona_id: ids.persona, url: `${feeds}/${n}` } };
    case "sync":
      return { path: `/v1/sources/${ids.source}/sync`, body: {} };
    case "key":
      return { path: "/v1/api-keys", body: { label: name, scopes: ["brands:read"] } };
    case "topup":
      return { path: "/v1/billing/topup", body: { credits: 1_000 } };
  }
}

type Answer = { id?: string; error?: { code: string; details?: { resource_id?: string } } };

/** Sends what comes next in a story, with its own idempotency key. False when it is over, undefined when the server died. */
export async function goOn(url: string, token: string, story: Story, feeds: string): Promise<boolean | undefined> {
  const step = ORDER.find((one) => story.ids[one] === undefined && !story.refused.includes(one));
  if (step === undefined) return false;
  const { path, body } = request(story, step, feeds);
  const headers = {
    Authorization: `Bearer ${token}`,
    "Content-Type": "application/json",
    "Idempotency-Key": `${step}-${story.n}`,
  };
  let status: number;
  let answer: Answer;
  try {
    const response = await fetch(`${url}/api${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    status = response.status;
    answer = (await response.json()) as Answer;
  } catch {
    return undefined;
  }
  // What holds a secret is not answered twice: the repetition names what the first has made.
  const id = answer.id ?? answer.error?.details?.resource_id;
  if ((status >= 200 && status < 300) || (step === "key" && status === 409 && id !== undefined)) {
    expect(id, `${step} ${story.n}`).toBeTypeOf("string");
    story.ids[step] = id ?? "";
    return true;
  }
  // Ten top-ups a minute are let in, and credits may run out: then nothing must have been written.
  if (status === 429 || status === 402) story.refused.push(step);
  else if (status === 409 || status === 503) await sleep(50);
  else expect.fail(`${step} ${story.n}: ${status} ${JSON.stringify(answer)}`);
  return true;
}
