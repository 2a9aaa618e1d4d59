import { statement } from "../kit/postgres/db.ts";

export type PostRow = {
  id: string;
  source_id: string;
  persona_id: string;
  external_id: string;
  url: string | null;
  title: string | null;
  summary: string | null;
  author: string | null;
  media: {
    url: string;
    kind: "video" | "audio" | "image" | "other";
    type: string | null;
    size: number | null;
    duration_seconds: number | null;
  }[];
  published_at: string | null;
  created_at: string;
  updated_at: string;
};

const COLUMNS =
  "id, source_id, persona_id, external_id, url, title, summary, author, media, published_at, created_at, updated_at";
// $6 is matched as text, not as a pattern.
const MATCHES = `($1::text is null or source_id = $1) and ($2::text is null or persona_id = $2)
      and ($3::boolean is null or (media <> '[]') = $3)
      and ($4::timestamptz is null or published_at >= $4) and ($5::timestamptz is null or published_at < $5)
      and ($6::text is null or strpos(lower(title), lower($6)) > 0 or strpos(lower(summary), lower($6)) > 0)`;

export const LIST = statement(
  "source-posts.list",
  `select ${COLUMNS} from source_posts
    where ${MATCHES} and ($7::text is null or id < $7) order by id desc limit $8 offset $9`,
);
export const COUNT = statement("source-posts.count", `select count(*) as total from source_posts where ${MATCHES}`);
export const GET = statement("source-posts.get", `select ${COLUMNS} from source_posts where id = $1`);

// A post is kept once under what its feed knows it by; it is written again when what the feed says has changed.
export const KEEP = statement(
  "source-posts.keep",
  `insert into source_posts as p
     (id, org_id, source_id, persona_id, external_id, url, title, summary, author, media, digest, published_at)
   select i.id, $2, $3, $4, i.external_id, i.url, i.title, i.summary, i.author, i.media, decode(i.digest, 'hex'),
          i.published_at
     from jsonb_to_recordset($1::jsonb) as i(id text, external_id text, url text, title text, summary text, author text,
          media jsonb, digest text, published_at timestamptz)
   on conflict (org_id, source_id, external_id) do update
      set url = excluded.url, title = excluded.title, summary = excluded.summary, author = excluded.author,
          media = excluded.media, digest = excluded.digest, published_at = excluded.published_at, updated_at = now()
    where p.digest <> excluded.digest
   returning p.xmax = 0 as is_new`,
);
