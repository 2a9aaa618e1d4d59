import { statement } from "../kit/postgres/db.ts";

/** A row of brands as the contract shows it. */
export type BrandRow = {
  id: string;
  name: string;
  slug: string;
  description: string | null;
  timezone: string;
  status: "active" | "archived";
  position: number;
  created_at: string;
  updated_at: string;
};

const STATUS = "case when archived then 'archived' else 'active' end";
const COLUMNS = `id, name, slug, description, timezone, ${STATUS} as status, position, created_at, updated_at`;

export const LIST = statement(
  "brands.list",
  `select ${COLUMNS} from brands
    where ($1::boolean is null or archived = $1) and ($2::int is null or (position, id) > ($2, $3))
    order by position, id limit $4 offset $5`,
);
export const COUNT = statement(
  "brands.count",
  "select count(*) as total from brands where ($1::boolean is null or archived = $1)",
);
export const GET = statement("brands.get", `select ${COLUMNS} from brands where id = $1`);
export const INSERT = statement(
  "brands.insert",
  `insert into brands (id, org_id, name, slug, description, timezone, position)
   values ($1, $2, $3, $4, $5, $6, (select coalesce(max(position) + 1, 0) from brands)) returning ${COLUMNS}`,
);
export const UPDATE = statement(
  "brands.update",
  `update brands set name = $2, description = $3, timezone = $4, archived = $5, updated_at = now()
    where id = $1 returning ${COLUMNS}`,
);
export const DELETE = statement("brands.delete", "delete from brands where id = $1");
export const IDS = statement("brands.ids", "select id from brands order by id");
export const REORDER = statement(
  "brands.reorder",
  `update brands b set position = o.place - 1
     from unnest($1::text[]) with ordinality as o(id, place)
    where b.id = o.id and b.position <> o.place - 1`,
);
export const ALL = statement("brands.all", `select ${COLUMNS} from brands order by position, id`);
