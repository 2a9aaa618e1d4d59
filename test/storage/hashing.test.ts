import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashing } from "../../server/storage/hashing.ts";
import { broken, collect, noise, streamed } from "./stores.ts";

async function digestOf(bytes: Buffer, chunk?: number) {
  const { bytes: passing, digest } = hashing(streamed(bytes, chunk));
  expect((await collect(passing)).equals(bytes)).toBe(true);
  return digest();
}

test.each([0, 1, 4_099, 4_100, 4_101, 1_000_000])(
  "%i bytes pass unchanged, and are counted, hashed and begun",
  async (size) => {
    const bytes = noise(size);
    for (const chunk of [1_000, 99_991]) {
      const { sha256, head, ...digest } = await digestOf(bytes, chunk);
      expect(digest.size).toBe(size);
      expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(Buffer.from(head).equals(bytes.subarray(0, 4_100))).toBe(true);
    }
  },
);

test("there is no digest before the end, nor of a stream that failed", async () => {
  const whole = hashing(streamed(noise(10)));
  expect(() => whole.digest()).toThrow(/read them to their end first/);
  const cut = hashing(broken(noise(10)));
  await expect(collect(cut.bytes)).rejects.toThrow("the client left");
  expect(() => cut.digest()).toThrow(/read them to their end first/);
});

test("text is valid UTF-8 without control characters, to its last byte, wherever the chunks part", async () => {
  const good = ["a", "grüße\r\n\t日本語 🎬\f", "\uFEFFwith a mark"];
  const last = "x".repeat(9_999);
  const bad = [
    Buffer.from(`${last}\0`),
    Buffer.from(`${last}\u001b[31m`),
    Buffer.from(`${last}\u007f`),
    Buffer.concat([Buffer.from(last), Buffer.from([0xe6, 0x97])]),
    Buffer.concat([Buffer.from(last), Buffer.from([0xff]), Buffer.from(last)]),
    Buffer.from("grüße", "latin1"),
    Buffer.from("\uFEFFtext", "utf16le"),
    // A surrogate in three bytes, and a slash in two: not UTF-8 (RFC 3629 §3, §10).
    Buffer.from([0x61, 0xed, 0xa0, 0x80]),
    Buffer.from([0xc0, 0xaf]),
  ];
  for (const chunk of [1, 2, 3, 99_991]) {
    for (const text of good) expect((await digestOf(Buffer.from(text), chunk)).text, text).toBe(true);
    for (const bytes of bad)
      expect((await digestOf(bytes, chunk)).text, bytes.subarray(-12).toString("hex")).toBe(false);
  }
});
