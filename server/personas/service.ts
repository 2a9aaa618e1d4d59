import { type Db, statement } from "../kit/postgres/db.ts";

const PLACE = `select p.archived or b.archived as archived, b.timezone
    from personas p join brands b on b.org_id = p.org_id and b.id = p.brand_id where p.id = $1`;
const GET = statement("personas.place", PLACE);
const LOCK = statement("personas.place-locked", `${PLACE} for share`);

/** Where a persona works: in its brand's timezone, and not at all once it or its brand is archived. */
export type Workplace = { readonly archived: boolean; readonly timezone: string };

/** Where a persona works; undefined for one that the bound organization does not have. */
export const workplaceOf = (db: Db, persona: string): Promise<Workplace | undefined> =>
  db.one<Workplace>(GET, [persona]);

/** The same, and it stays so until the transaction ends. */
export const lockWorkplace = (db: Db, persona: string): Promise<Workplace | undefined> =>
  db.one<Workplace>(LOCK, [persona]);
