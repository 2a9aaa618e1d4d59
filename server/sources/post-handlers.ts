import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { readPage } from "../kit/postgres/list.ts";
import { checkOutboundUrl } from "../outbound/service.ts";
import type { WorkServices } from "../services.ts";
import { beginImport } from "../uploads/service.ts";
import { COUNT, GET, LIST, type PostRow } from "./post-sql.ts";

const missing = () => new ApiError("NOT_FOUND", "There is no such source post");

export const sourcePostHandlers = (services: Pick<WorkServices, "queue" | "allow">) =>
  handlers({
    async listSourcePosts({ query }, { db, reply }) {
      const { source_id = null, persona_id = null, has_media = null, text = null } = query;
      const { published_since = null, published_until = null } = query;
      const filters = [source_id, persona_id, has_media, published_since, published_until, text];
      return reply(
        200,
        await readPage<PostRow>(db, query, { name: "source-posts", rows: LIST, count: COUNT, filters: filters }),
      );
    },

    async getSourcePost({ params }, { db, reply }) {
      const row = await db.one<PostRow>(GET, [params.source_post_id]);
      if (!row) throw missing();
      return reply(200, row);
    },

    async importSourcePostMedia({ params, body }, ctx) {
      const row = await ctx.db.one<PostRow>(GET, [params.source_post_id]);
      if (!row) throw missing();
      const file = row.media[body.index];
      if (!file) {
        const message = `must be below ${row.media.length}, the number of the post's files`;
        throw validationError([{ path: "body.index", code: "too_big", message }]);
      }
      const checked = checkOutboundUrl(file.url, services.allow);
      if ("reason" in checked) {
        throw validationError([{ path: "body.index", code: "not_allowed", message: checked.reason }]);
      }
      return ctx.reply(202, await beginImport(ctx, services, { url: file.url }));
    },
  });
