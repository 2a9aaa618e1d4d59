import { SMTPServer } from "smtp-server";

export type ReceivedMail = {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
};

export type Mailbox = {
  /** For SMTP_URL. */
  readonly url: string;
  readonly port: number;
  /** Every mail that was taken, oldest first. */
  readonly mails: readonly ReceivedMail[];
  /** Mails that were read to their end and then refused. */
  readonly refused: readonly ReceivedMail[];
  /** Refuses the next mail with a 451, after reading it. */
  refuseNext(): void;
  /** Lets the sender of the next mail wait for the answer until it is released. */
  holdNext(): { readonly reached: Promise<void>; release(): void };
  /** The oldest mail to an address that `next` has not given yet; waits for it. */
  next(to: string): Promise<ReceivedMail>;
  /** The token in the next mail to an address. */
  token(to: string): Promise<string>;
  close(): Promise<void>;
};

/** Quoted-printable to text (RFC 2045 §6.7). */
function unquoted(text: string): string {
  const joined = text.replace(/=\r?\n/g, "");
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Reads the plain-text mails that Reelmark sends; this is no parser of mails in general. */
function parse(raw: string, to: string): ReceivedMail {
  const end = raw.indexOf("\r\n\r\n");
  const head = raw.slice(0, end).replace(/\r\n[ \t]+/g, " ");
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim() ?? "";
  const body = raw.slice(end + 4);
  const encoding = header("content-transfer-encoding").toLowerCase();
  const text = encoding === "base64" ? Buffer.from(body, "base64").toString("utf8") : unquoted(body);
  return { to, subject: header("subject"), text, messageId: header("message-id") };
}

/** The one-time token in a mail's text. */
export function tokenIn(text: string): string {
  const token = /\brm[im]_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/.exec(text)?.[0];
  if (token === undefined) throw new Error(`There is no token in this mail: ${text}`);
  return token;
}

/** A real SMTP server on loopback that keeps what it is sent. */
export async function openMailbox(port = 0): Promise<Mailbox> {
  const mails: ReceivedMail[] = [];
  const refused: ReceivedMail[] = [];
  const given = new Set<ReceivedMail>();
  let refusals = 0;
  let holding: { reach: () => void; released: Promise<void> } | undefined;
  let arrived = () => {};
  let arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
      stream.on("end", () => {
        const mail = parse(Buffer.concat(chunks).toString("latin1"), session.envelope.rcptTo[0]?.address ?? "");
        if (refusals > 0) {
          refusals--;
          refused.push(mail);
          return done(Object.assign(new Error("try again later"), { responseCode: 451 }));
        }
        mails.push(mail);
        const held = holding;
        holding = undefined;
        held?.reach();
        void Promise.resolve(held?.released).then(() => done());
        arrived();
        arrival = new Promise<void>((resolve) => {
          arrived = resolve;
        });
      });
    },
  });
  server.on("error", () => {}); // a client that breaks off is part of what is tested
  const bound = await new Promise<number>((resolve) => {
    const listening = server.listen(port, "127.0.0.1", () => {
      const address = listening.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
  const next = async (to: string): Promise<ReceivedMail> => {
    for (;;) {
      const found = mails.find((mail) => mail.to === to && !given.has(mail));
      if (found) {
        given.add(found);
        return found;
      }
      await arrival;
    }
  };
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    mails,
    refused,
    refuseNext: () => void refusals++,
    holdNext() {
      let [reach, release] = [() => {}, () => {}];
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      holding = { reach, released };
      return { reached, release };
    },
    next,
    token: async (to) => tokenIn((await next(to)).text),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
