import type { OpenApiDocument } from "../kit/document.ts";
import { toRequest } from "../kit/draft.ts";
import { violations } from "../kit/generate/judge.ts";
import { CURSOR } from "./cases.ts";
import { draftOf } from "./raw.ts";
import type { Call, Difference, Outcome } from "./surface.ts";

/** What the mock, which has no tenants and no memory, is compared by: whether it takes a request or refuses it. */
export class MockJudge {
  calls = 0;
  readonly #base: string;
  readonly #document: OpenApiDocument;
  readonly #fetch: (request: Request) => Promise<Response>;

  /** @param base Origin and base path of the mock. */
  constructor(base: string, document: OpenApiDocument, fetch: (request: Request) => Promise<Response>) {
    this.#base = base;
    this.#document = document;
    this.#fetch = fetch;
  }

  /**
   * Sends a call to the mock. `live` is the status of the live server. What the live server refuses for its state, its rules in
   * words or its people, the mock cannot know: it then goes by the document alone.
   */
  async judge(
    name: string,
    said: Call,
    live: Outcome["status"] | undefined,
    report: (difference: Difference) => void,
  ): Promise<void> {
    // The mock gives no cursors, and takes any text of their form.
    const call = { ...said, query: JSON.parse(JSON.stringify(said.query).replace(CURSOR, "abc")) as Call["query"] };
    const draft = { ...draftOf(call), headers: { ...draftOf(call).headers, authorization: "Bearer anything" } };
    const { verdict } = violations(this.#document, call.operation, draft);
    if (verdict === "undecidable") return;
    this.calls++;
    const response = await this.#fetch(toRequest(this.#base, draft));
    const seen = `${response.status} ${(await response.text()).slice(0, 300)}`;
    const http = `${live}; by the document the request is ${verdict}`;
    const takes = response.status < 400;
    const isWrong = takes !== (verdict === "valid") || (verdict === "invalid" && Number(live) < 300);
    if (isWrong) report({ name, surface: "mock", http, seen });
  }
}
