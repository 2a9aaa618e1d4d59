import type { Ctx } from "../context.ts";
import type { SealedColumn } from "../kit/seal.ts";

/** A mail as a handler wants it sent. Plain text: it is read everywhere and hides nothing. */
export type Mail = { readonly to: string; readonly subject: string; readonly text: string };

/** Puts mails on their way. They are written in the transaction that causes them and sent after it. */
export type Mailer = { queue(ctx: Ctx, mail: Mail): Promise<void> };

/** The mails of the outbox. */
export const SEALED_MAILS: SealedColumn = { table: "mails", id: "id", column: "sealed", purpose: (id) => `mail ${id}` };
