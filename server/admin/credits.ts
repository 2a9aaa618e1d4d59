import { grantCredits } from "../billing/service.ts";
import { type Deed, type Operator, OperatorError } from "./operate.ts";

type Grant = Parameters<typeof grantCredits>[1];

type Granted = {
  readonly organization: string;
  readonly movement: string;
  readonly credits: number;
  readonly available: number;
  readonly topup: string | null;
  /** Whether it was done before, under the same key or for the same top-up: then nothing was done now. */
  readonly already: boolean;
};

/** Gives an organization credits, or takes some back (a negative number). Throws OperatorError for what cannot be. */
export async function giveCredits({ db, nowMs }: Operator, wanted: Grant): Promise<Deed<Granted>> {
  const done = await grantCredits(db, wanted, nowMs);
  if ("problem" in done) throw new OperatorError(done.problem, done.message);
  const { organization, topupId = null, note } = wanted;
  return {
    result: { organization, topup: topupId, ...done },
    organizations: [organization],
    resource: { kind: "credit_transaction", id: done.movement },
    fields: ["credits", ...(note === null ? [] : ["note"]), ...(topupId === null ? [] : ["topup"])],
  };
}
