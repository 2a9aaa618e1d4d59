import { serve } from "../../server/kit/serve.ts";
import { notesDocument } from "../fixtures/notes/spec/contract.ts";
import { type Ground, notesTarget, type Seams } from "../fixtures/notes/target.ts";

export type NotesServer = {
  readonly url: string;
  /** Where the document is served too. */
  readonly spec: string;
  /** What `principals.json` can say of who may call: all but those who sign. */
  readonly principals: readonly object[];
  /** Requests that came, as `GET /path`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
};

/** The notes API over HTTP on loopback, in memory, with a fault planted or none. */
export async function serveNotes(plant?: (ground: Ground) => Seams): Promise<NotesServer> {
  const target = notesTarget(plant);
  const asked: string[] = [];
  const serving = await serve({
    host: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      return pathname === "/openapi.json" ? Response.json(notesDocument()) : target.send(request);
    },
  });
  return {
    url: serving.url,
    spec: `${serving.url}/openapi.json`,
    // A limit that is used up is waited for in real time here, a minute.
    principals: target.principals
      .filter(({ sign, name }) => !sign && name !== "limited")
      .map(({ name, headers, tenant, scopes, auth }) => ({ name, headers, tenant, scopes, auth })),
    asked,
    close: () => serving.close(0),
  };
}
