import { type Db, statement } from "../kit/postgres/db.ts";

/** What the ledger amounts to. Credits, and counts of rows. */
export type Figures = {
  readonly organizations: number;
  readonly movements: number;
  readonly entries: number;
  readonly open_holds: number;
  readonly available: number;
  readonly held: number;
  readonly spent: number;
  readonly funded: number;
  /** Of all entries: 0, or credits came from nowhere. */
  readonly sum: number;
};

/** Something that does not fit: which check, whose, what it is about, what it should be, what it is. */
export type Difference = {
  readonly problem: string;
  readonly org_id: string;
  readonly subject: string;
  readonly expected: string | null;
  readonly found: string | null;
};

const FIGURES = statement(
  "reconcile.figures",
  `select (select count(*) from credit_accounts) as organizations, (select count(*) from credit_movements) as movements,
          (select count(*) from credit_entries) as entries,
          (select count(*) from credit_holds where status = 'held') as open_holds,
          coalesce(sum(available), 0)::bigint as available, coalesce(sum(held), 0)::bigint as held,
          coalesce(sum(spent), 0)::bigint as spent, coalesce(sum(funded), 0)::bigint as funded,
          (select coalesce(sum(amount), 0)::bigint from credit_entries) as sum
     from credit_accounts`,
);

/** Each check is a select of what breaks it. `side` is what an entry does to one of the accounts. */
const CHECKS: Readonly<Record<string, string>> = {
  "a movement does not sum to zero": `
    select org_id, movement_id, '0', sum(amount)::text from credit_entries
     group by org_id, movement_id having sum(amount) <> 0`,
  "a movement says other than its entries do": `
    select m.org_id, m.id, m.amount::text, coalesce(e.available, 0)::text
      from credit_movements m left join sides e on e.movement_id = m.id
     where m.amount <> coalesce(e.available, 0)`,
  "an organization's movements have a gap": `
    select org_id, org_id, max(seq)::text, count(*)::text from credit_movements
     group by org_id having max(seq) <> count(*) or min(seq) <> 1`,
  "the available credits after a movement do not follow from those before it": `
    select org_id, id, (before + amount)::text, available_after::text from chain
     where available_after <> before + amount`,
  "the held credits after a movement do not follow from those before it": `
    select org_id, id, (held_before + held)::text, held_after::text from chain where held_after <> held_before + held`,
  "an account is not the sum of its entries": `
    select org_id, name, coalesce(entries, 0)::text, coalesce(balance, 0)::text from (
      select org_id, name, balance, entries from (
        select a.org_id, v.name, v.balance from credit_accounts a,
               lateral (values ('available', a.available), ('held', a.held), ('spent', a.spent), ('funded', a.funded))
                 as v (name, balance)) balances
        full join (select org_id, account as name, sum(amount) as entries from credit_entries group by 1, 2) booked
             using (org_id, name)) both_sides
     where coalesce(entries, 0) <> coalesce(balance, 0)`,
  "an account does not know how many movements it has": `
    select org_id, org_id, count(m.id)::text, coalesce(max(a.movements), 0)::text
      from credit_accounts a full join credit_movements m using (org_id)
     group by org_id having count(m.id) <> coalesce(max(a.movements), 0)`,
  "an account is negative": `
    select org_id, 'available, held', '0 or more', available || ', ' || held from credit_accounts
     where available < 0 or held < 0`,
  "the held credits are not those of the open holds": `
    select a.org_id, a.org_id, coalesce(sum(h.amount), 0)::text, a.held::text
      from credit_accounts a left join credit_holds h on h.org_id = a.org_id and h.status = 'held'
     group by a.org_id, a.held having coalesce(sum(h.amount), 0) <> a.held`,
  "the spent credits are not those captured": `
    select a.org_id, a.org_id, coalesce(sum(h.captured), 0)::text, a.spent::text
      from credit_accounts a left join credit_holds h on h.org_id = a.org_id and h.status <> 'held'
     group by a.org_id, a.spent having coalesce(sum(h.captured), 0) <> a.spent`,
  "a hold is not what its movements make of it": `
    select h.org_id, h.id, h.status, coalesce(string_agg(m.kind, ', ' order by m.seq), 'no movement')
      from credit_holds h left join credit_movements m
        on m.org_id = h.org_id and m.business_key in ('hold:' || h.id, 'capture:' || h.id, 'release:' || h.id)
     group by h.org_id, h.id, h.status, h.amount, h.captured
    having coalesce(string_agg(m.kind, ' ' order by m.seq), '') <> case
             when h.status = 'held' then 'hold'
             when h.captured = 0 then 'hold release'
             when h.captured = h.amount then 'hold capture'
             else 'hold capture release' end`,
  "a movement goes the wrong way": `
    select org_id, id, kind, amount::text from credit_movements
     where (kind in ('monthly', 'topup', 'release') and amount <= 0) or (kind in ('hold', 'refund') and amount > 0)
        or (kind = 'capture' and amount <> 0)`,
  "a refund takes more than its top-up brought": `
    select m.org_id, m.topup_id, max(t.credits)::text, (-sum(m.amount))::text
      from credit_movements m left join topups t on t.org_id = m.org_id and t.id = m.topup_id
     where m.kind = 'refund' group by m.org_id, m.topup_id having -sum(m.amount) > coalesce(max(t.credits), 0)`,
  "a paid top-up is not booked, or an unpaid one is": `
    select t.org_id, t.id, case when t.status in ('paid', 'refunded') then t.credits::text else 'nothing' end,
           coalesce(m.amount::text, 'nothing')
      from topups t left join credit_movements m on m.org_id = t.org_id and m.business_key = 'topup:' || t.id
     where m.amount is distinct from case when t.status in ('paid', 'refunded') then t.credits end`,
  "a top-up is booked that is not there": `
    select m.org_id, m.id, 'a top-up', coalesce(m.topup_id, 'none') from credit_movements m
     where m.kind = 'topup' and not exists (select from topups t where t.org_id = m.org_id and t.id = m.topup_id)`,
};

const WITH = `with sides as (
    select movement_id, coalesce(sum(amount) filter (where account = 'available'), 0) as available,
           coalesce(sum(amount) filter (where account = 'held'), 0) as held
      from credit_entries group by movement_id),
  chain as (
    select m.org_id, m.id, m.amount, m.available_after, m.held_after, coalesce(s.held, 0) as held,
           coalesce(lag(m.available_after) over w, 0) as before, coalesce(lag(m.held_after) over w, 0) as held_before
      from credit_movements m left join sides s on s.movement_id = m.id
    window w as (partition by m.org_id order by m.seq))`;

const MOST = 100;

const CHECK = Object.entries(CHECKS).map(([problem, select], at) => ({
  problem,
  query: statement(
    `reconcile.check-${at}`,
    `${/\b(chain|sides)\b/.test(select) ? WITH : ""}
     select * from (${select}) as found (org_id, subject, expected, found) order by 1, 2 limit ${MOST}`,
  ),
}));

/**
 * Goes through the whole ledger of all organizations, and says what does not fit: at most 100 differences a check. Wants
 * one snapshot that sees every organization: a repeatable-read transaction under `app.maintenance`.
 */
export async function reconcile(db: Db): Promise<{ figures: Figures; differences: Difference[] }> {
  const figures = await db.one<Figures>(FIGURES);
  if (!figures) throw new Error("the ledger did not answer");
  const differences: Difference[] = [];
  if (figures.sum !== 0) {
    const found = String(figures.sum);
    differences.push({ problem: "the ledger does not sum to zero", org_id: "", subject: "all", expected: "0", found });
  }
  for (const { problem, query } of CHECK) {
    const rows = await db.rows<Omit<Difference, "problem">>(query);
    differences.push(...rows.map((row) => ({ problem, ...row })));
  }
  return { figures, differences };
}
