import type { Ctx } from "../context.ts";

/** A mail as a handler wants it sent. Plain text: it is read everywhere and hides nothing. */
export type Mail = { readonly to: string; readonly subject: string; readonly text: string };

/** Puts mails on their way. They are written in the transaction that causes them and sent after it. */
export type Mailer = { queue(ctx: Ctx, mail: Mail): Promise<void> };
