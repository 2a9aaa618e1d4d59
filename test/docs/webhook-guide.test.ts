import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { blocksOf } from "./guides.ts";
import { run } from "./samples.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";
const BODY = '{"type":"webhook.test","timestamp":"2026-01-15T09:30:00.000Z","data":{"message":"Ünicode"}}';

/** Runs the guide's Python on a delivery: the event's type, or the sentence with which it was refused. */
async function verified(body: string, headers: Record<string, string>): Promise<string> {
  const block = (await blocksOf("webhooks")).find(({ language }) => language === "python");
  const script = `${block?.text}

import sys
given = json.loads(sys.stdin.read())
try:
    print(verify(given["body"].encode(), given["headers"], given["secret"])["type"])
except ValueError as refusal:
    print(refusal)
`;
  const input = JSON.stringify({ body, headers, secret: SECRET });
  const { status, stdout, stderr } = await run("python3", ["-c", script], { cwd: ".", input });
  if (status !== 0) throw new Error(`The guide's Python does not run: ${stderr}`);
  return stdout.trim();
}

/** What a server sends with the body, signed at `time` by the reference library of Standard Webhooks. */
function signed(body: string, time: Date, secret = SECRET): Record<string, string> {
  const id = "msg_01k4zn8w3v7q2m5t9r6x0h1ctg";
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(time.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, time, body),
  };
}

test("the Webhooks guide's Python takes what was signed with the secret, and refuses all else", async () => {
  const now = new Date();
  const headers = signed(BODY, now);
  expect(await verified(BODY, headers)).toBe("webhook.test");
  const other = signed(BODY, now, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")["webhook-signature"];
  expect(await verified(BODY, { ...headers, "webhook-signature": `${other} ${headers["webhook-signature"]}` })).toBe(
    "webhook.test",
  );
  expect(await verified(BODY, { ...headers, "webhook-signature": String(other) })).toBe("No signature fits");
  expect(await verified(`${BODY} `, headers)).toBe("No signature fits");
  expect(await verified(BODY, signed(BODY, new Date(now.getTime() - 301_000)))).toBe(
    "The event is too old, or from the future",
  );
});
