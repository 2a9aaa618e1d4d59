import nodemailer from "nodemailer";
import type pg from "pg";
import { statement } from "../kit/postgres/db.ts";
import { withTransaction } from "../kit/postgres/pool.ts";
import type { Log } from "../kit/runtime.ts";
import { type SealingKeys, seal, unseal } from "../kit/seal.ts";
import { type Mail, type Mailer, SEALED_MAILS } from "./service.ts";

const INSERT = statement("mail.insert", "insert into mails (id, sealed) values ($1, $2)");
// A sender takes one mail at a time, so that none waits out its lease behind a slow one; others pass it by. The lease frees
// it when its sender dies.
const TAKE = statement(
  "mail.take",
  `update mails set attempts = attempts + 1, next_at = now() + least(3600, 15 * 2 ^ attempts) * interval '1 second'
    where id in (select id from mails where next_at <= now() order by next_at limit 1 for update skip locked)
    returning id, sealed, attempts`,
);
const DONE = statement("mail.done", "delete from mails where id = $1");

/** How often the outbox is looked through, and how often a mail is tried (about a day), in milliseconds and tries. */
const EVERY_MS = 1_000;
const TRIES = 30;
/** How long a silent mail server is waited for, in milliseconds: less than a shutdown may take. */
const PATIENCE = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 } as const;

export type PostOffice = { readonly mailer: Mailer; close(): Promise<void> };

type Options = {
  /** Where mails go, and who sends them; the operator's MAIL, SMTP_URL and MAIL_FROM. */
  readonly config: {
    readonly mail: "smtp" | "log";
    readonly SMTP_URL?: string | undefined;
    readonly MAIL_FROM: string;
  };
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly encryptionKeys: SealingKeys;
};

type Send = (id: string, mail: Mail) => Promise<void>;

function sender({ config, log }: Options): { send: Send; close(): void } {
  if (config.mail === "log") {
    return {
      send: async (_id, { to, subject, text }) =>
        log.info({ to, subject, text }, "a mail, printed because MAIL is log"),
      close: () => {},
    };
  }
  const transport = nodemailer.createTransport({ url: config.SMTP_URL, ...PATIENCE }, { from: config.MAIL_FROM });
  return {
    // The same Message-ID at each try, so that a receiver can drop what a broken connection doubled (RFC 5322 §3.6.4).
    send: async (id, mail) => void (await transport.sendMail({ ...mail, messageId: `<${id}@reelmark>` })),
    close: () => transport.close(),
  };
}

/**
 * The outbox: mails are written in the transaction that causes them, so none is sent for what was rolled back, and sent
 * after it, so none is lost when the process dies. At least once; a failing server is tried for about a day.
 */
export function openPostOffice(options: Options): PostOffice {
  const { pool, log, encryptionKeys } = options;
  const { send, close } = sender(options);
  let closed = false;
  let working: Promise<void> | undefined;

  const deliver = async (row: { id: string; sealed: string; attempts: number }) => {
    try {
      await send(row.id, JSON.parse(unseal(encryptionKeys, SEALED_MAILS.purpose(row.id), row.sealed)) as Mail);
    } catch (error) {
      log.warn({ mail: row.id, attempts: row.attempts, error: String(error) }, "a mail could not be sent");
      if (row.attempts < TRIES) return;
      log.error({ mail: row.id }, "a mail was given up");
    }
    await withTransaction(pool, "", (db) => db.run(DONE, [row.id]));
  };

  const round = async () => {
    while (!closed) {
      const row = await withTransaction(pool, "", (db) =>
        db.one<{ id: string; sealed: string; attempts: number }>(TAKE),
      );
      if (!row) return;
      await deliver(row);
    }
  };

  const timer = setInterval(() => {
    // A slow mail server does not pile rounds up.
    working ??= round()
      .catch((error: unknown) => {
        log.warn({ error: String(error) }, "the outbox could not be read");
      })
      .finally(() => {
        working = undefined;
      });
  }, EVERY_MS);
  timer.unref();

  return {
    mailer: {
      async queue(ctx, mail) {
        const id = ctx.newId("mal");
        await ctx.db.run(INSERT, [id, seal(encryptionKeys, SEALED_MAILS.purpose(id), JSON.stringify(mail))]);
      },
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await working;
      close();
    },
  };
}
