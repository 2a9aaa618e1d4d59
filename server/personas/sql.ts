import { statement } from "../kit/postgres/db.ts";

/** A row of personas as the contract shows it. */
export type PersonaRow = {
  id: string;
  brand_id: string;
  name: string;
  bio: string | null;
  voice: string | null;
  avatar_url: string | null;
  status: "active" | "archived";
  created_at: string;
  updated_at: string;
};

const STATUS = "case when archived then 'archived' else 'active' end";
const COLUMNS = `id, brand_id, name, bio, voice, avatar_url, ${STATUS} as status, created_at, updated_at`;
// $3 is matched as text, not as a pattern.
const MATCHES = `($1::text is null or brand_id = $1) and ($2::boolean is null or archived = $2)
      and ($3::text is null or strpos(lower(name), lower($3)) > 0)`;

export const LIST = statement(
  "personas.list",
  `select ${COLUMNS} from personas
    where ${MATCHES} and ($4::text is null or id < $4) order by id desc limit $5 offset $6`,
);
export const COUNT = statement("personas.count", `select count(*) as total from personas where ${MATCHES}`);
export const GET = statement("personas.get", `select ${COLUMNS} from personas where id = $1`);
// The brand is locked against deletion and archiving until the persona stands.
export const BRAND = statement("personas.brand", "select archived from brands where id = $1 for share");
export const INSERT = statement(
  "personas.insert",
  `insert into personas (id, org_id, brand_id, name, bio, voice, avatar_url)
   values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
);
export const UPDATE = statement(
  "personas.update",
  `update personas set name = $2, bio = $3, voice = $4, avatar_url = $5, archived = $6, updated_at = now()
    where id = $1 returning ${COLUMNS}`,
);
export const DELETE = statement("personas.delete", "delete from personas where id = $1");
