import nodemailer from "nodemailer";
import type { Queue } from "../jobs/queue.ts";
import type { Worker } from "../jobs/worker.ts";
import { statement } from "../kit/postgres/db.ts";
import type { Log } from "../kit/runtime.ts";
import { type SealingKeys, seal, unseal } from "../kit/seal.ts";
import { type Mail, type Mailer, SEALED_MAILS } from "./service.ts";

const INSERT = statement("mail.insert", "insert into mails (id, sealed) values ($1, $2)");
const FIND = statement("mail.find", "select sealed from mails where id = $1");
const DONE = statement("mail.done", "delete from mails where id = $1");

/** How long a silent mail server is waited for, in milliseconds: less than a shutdown may take. */
const PATIENCE = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 } as const;
/** Mails belong to no organization: a person may be in several, or in none yet. */
const NOBODY = "";

export type PostOffice = { readonly mailer: Mailer; readonly worker: Worker; close(): void };

type Options = {
  /** Where mails go, and who sends them; the operator's MAIL, SMTP_URL and MAIL_FROM. */
  readonly config: {
    readonly mail: "smtp" | "log";
    readonly SMTP_URL?: string | undefined;
    readonly MAIL_FROM: string;
  };
  readonly queue: Queue;
  readonly log: Log;
  readonly encryptionKeys: SealingKeys;
  /** Takes what is due, instead of the operator's mail server. */
  readonly deliver?: Send | undefined;
};

type Send = (id: string, mail: Mail) => Promise<void>;

function sender({ config, log, deliver }: Options): { send: Send; close(): void } {
  if (deliver) return { send: deliver, close: () => {} };
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
 * The outbox: mails are written, with their job, in the transaction that causes them, so none is sent for what was rolled
 * back, and none is lost when the process dies. At least once; a failing server is tried for about a day.
 */
export function openPostOffice(options: Options): PostOffice {
  const { queue, log, encryptionKeys } = options;
  const { send, close } = sender(options);
  return {
    close,
    mailer: {
      async queue(ctx, mail) {
        const id = ctx.newId("mal");
        await ctx.db.run(INSERT, [id, seal(encryptionKeys, SEALED_MAILS.purpose(id), JSON.stringify(mail))]);
        await queue.enqueue(ctx.db, "mail.send", { org_id: NOBODY, id });
      },
    },
    worker: {
      queue: "mail.send",
      async run({ id }, job) {
        const row = await job.read(NOBODY, (db) => db.one<{ sealed: string }>(FIND, [id]));
        if (!row) return;
        await send(id, JSON.parse(unseal(encryptionKeys, SEALED_MAILS.purpose(id), row.sealed)) as Mail);
        await job.transaction(NOBODY, (db) => db.run(DONE, [id]));
      },
      async abandon({ id }, _reason, job) {
        log.error({ mail: id }, "a mail was given up");
        await job.transaction(NOBODY, (db) => db.run(DONE, [id]));
      },
    },
  };
}
