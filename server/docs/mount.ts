import type { Hono } from "hono";
import type { Document } from "../../spec/kit/document.ts";
import { docsSite } from "./site.ts";

/** Puts the reference and the document on `app`, and sends who comes to `/` there. `publicUrl`: what samples are sent to. */
export function mountDocs(app: Hono, document: Document, publicUrl: string): void {
  for (const [path, file] of docsSite(document, () => publicUrl)) {
    app.get(path, async (c) => {
      const { status, body, headers } = await file({
        acceptEncoding: c.req.header("accept-encoding"),
        ifNoneMatch: c.req.header("if-none-match"),
      });
      return new Response(body, { status, headers });
    });
  }
  app.get("/", (c) => c.redirect("/docs"));
}
