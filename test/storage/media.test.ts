import fs from "node:fs/promises";
import { expect, test } from "vitest";
import { readMedia } from "../../server/storage/media.ts";
import { mediaOf } from "../../server/storage/service.ts";
import type { FileType } from "../../server/storage/sniff.ts";
import { noise, STORES, streamed } from "./stores.ts";

const sample = (name: string) => fs.readFile(new URL(`../fixtures/media/${name}`, import.meta.url));
const NOTHING = { width: null, height: null, duration_ms: null };

/** Looks at bytes through ranged reads, and says how much was read. */
async function look(bytes: Buffer, type: FileType, size = bytes.length) {
  let read = 0;
  let reads = 0;
  const reader = async (start: number, end: number) => {
    reads += 1;
    read += end - start + 1;
    const there = bytes.subarray(start, end + 1);
    return Buffer.concat([there, Buffer.alloc(end - start + 1 - there.length)]);
  };
  return { media: await readMedia(reader, size, type), read, reads };
}

test.each([
  ["sample.mp4", "video/mp4", 64, 36, 1_000],
  ["faststart.mp4", "video/mp4", 64, 36, 1_000],
  ["fragmented.mp4", "video/mp4", 64, 36, 1_000],
  ["portrait.mov", "video/quicktime", 36, 64, 1_000],
  ["sample.webm", "video/webm", 64, 36, 1_000],
  ["sample.mp3", "audio/mpeg", null, null, 1_000],
  ["plain.mp3", "audio/mpeg", null, null, 1_000],
  ["sample.wav", "audio/wav", null, null, 1_000],
  ["sample.m4a", "audio/mp4", null, null, 1_000],
  ["sample.jpg", "image/jpeg", 64, 36, null],
  ["sample.png", "image/png", 64, 36, null],
  ["sample.webp", "image/webp", 64, 36, null],
  ["sample.gif", "image/gif", 64, 36, null],
  ["sample.pdf", "application/pdf", null, null, null],
] as const)("%s has its size and length read from its headers", async (name, type, width, height, ms) => {
  const { media } = await look(await sample(name), type);
  expect(media).toMatchObject({ width, height });
  if (ms === null) expect(media.duration_ms).toBeNull();
  else expect(Math.abs((media.duration_ms ?? 0) - ms)).toBeLessThan(210);
});

test("of a large video with its index at the end, little is read", async () => {
  const bytes = await sample("sample.mp4");
  const moov = bytes.indexOf("moov") - 4;
  const mdat = bytes.indexOf("mdat") - 4;
  const gap = 300_000_000;
  const head = Buffer.from(bytes.subarray(0, moov));
  head.writeUInt32BE(head.readUInt32BE(mdat) + gap, mdat);
  const tail = bytes.subarray(moov);
  let read = 0;
  const at = (place: number) =>
    place < head.length ? head[place] : place < head.length + gap ? 0 : tail[place - head.length - gap];
  const reader = async (start: number, end: number) => {
    read += end - start + 1;
    return Uint8Array.from({ length: end - start + 1 }, (_, i) => at(start + i) ?? 0);
  };
  expect(await readMedia(reader, bytes.length + gap, "video/mp4")).toEqual({
    width: 64,
    height: 36,
    duration_ms: 1_000,
  });
  expect(read).toBeLessThan(1_000_000);
});

test("a photo that its EXIF turns by a quarter has its sides swapped", async () => {
  const jpeg = await sample("sample.jpg");
  const exif = Buffer.from(
    "ffe1002245786966000049492a00080000000100120103000100000006000000000000000000".slice(0, 72),
    "hex",
  );
  const turned = Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
  expect((await look(turned, "image/jpeg")).media).toEqual({ width: 36, height: 64, duration_ms: null });
});

const u32 = (...values: number[]) => {
  const out = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) out.writeUInt32BE(value >>> 0, i * 4);
  return out;
};
const box = (type: string, ...inner: Buffer[]): Buffer => {
  const body = Buffer.concat(inner);
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, "latin1"), body]);
};
const FTYP = box("ftyp", Buffer.from("isom\0\0\0\0isom"));

/** The video with a duration of nothing, so that its tables have to be walked, and with 2^32 rows in each of them. */
function claiming(mp4: Buffer): Buffer {
  const bytes = Buffer.from(mp4);
  const after = (type: string, offset: number, value: number) => {
    for (let at = bytes.indexOf(type); at >= 0; at = bytes.indexOf(type, at + 4))
      bytes.writeUInt32BE(value, at + offset);
  };
  for (const [type, offset] of [
    ["mvhd", 20],
    ["mdhd", 20],
    ["tkhd", 24],
    ["elst", 12],
  ] as const)
    after(type, offset, 0);
  for (const table of ["stts", "ctts"]) after(table, 12, 0xffffffff);
  after("stsz", 12, 0xffffffff);
  return bytes;
}

test("hostile boxes end, are read within bounds, and are null", async () => {
  const nested = Array.from({ length: 20_000 }).reduce<Buffer>(
    (inner, _, depth) =>
      Buffer.concat([u32(8 + inner.length), Buffer.from(depth % 200 === 199 ? "moov" : "trak"), inner]),
    Buffer.alloc(0),
  );
  const hostile: [string, FileType, Buffer, number?][] = [
    [
      "a box of 2^63 bytes",
      "video/mp4",
      Buffer.concat([FTYP, u32(1), Buffer.from("moov"), u32(0x7fffffff, 0xffffffff), noise(200)]),
    ],
    [
      "boxes of no bytes",
      "video/mp4",
      Buffer.concat([FTYP, ...Array.from({ length: 500 }, () => Buffer.concat([u32(0), Buffer.from("moov")]))]),
    ],
    [
      "boxes smaller than themselves",
      "video/mp4",
      Buffer.concat([FTYP, ...Array.from({ length: 500 }, () => Buffer.concat([u32(3), Buffer.from("free")]))]),
    ],
    ["deep nesting", "video/mp4", Buffer.concat([FTYP, nested])],
    ["tables that claim 2^32 rows, and no duration", "video/mp4", claiming(await sample("sample.mp4"))],
    [
      "an EBML element of unknown size, again and again",
      "video/webm",
      Buffer.concat([
        (await sample("sample.webm")).subarray(0, 47),
        ...Array.from({ length: 9_000 }, () => Buffer.from("18538067ff", "hex")),
      ]),
    ],
    [
      "a WAV of endless chunks",
      "audio/wav",
      Buffer.concat([Buffer.from("RIFF\xff\xff\xff\xffWAVE", "latin1"), Buffer.alloc(50_000)]),
      5e12,
    ],
    [
      "an MP3 with an endless tag",
      "audio/mpeg",
      Buffer.concat([Buffer.from("ID3\x04\0\0\x7f\x7f\x7f\x7f", "latin1"), noise(5_000)]),
      5e12,
    ],
    [
      "a JPEG of empty segments",
      "image/jpeg",
      Buffer.concat([Buffer.from("ffd8ffe00000", "hex"), Buffer.alloc(5_000)]),
    ],
    ["noise", "video/mp4", noise(100_000)],
    ["noise", "image/png", noise(100_000)],
  ];
  for (const [name, type, bytes, size] of hostile) {
    const { media, read, reads } = await look(bytes, type, size);
    expect(media.duration_ms, name).toBeNull();
    expect(read, name).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(reads, name).toBeLessThanOrEqual(500);
  }
}, 120_000);

test("a reader that fails, or a thread that is stopped, is nothing known", async () => {
  const failing = () => Promise.reject(new Error("the store is gone"));
  expect(await readMedia(failing, 1_000, "video/mp4")).toEqual(NOTHING);
  expect(await readMedia(failing, 0, "video/mp4")).toEqual(NOTHING);
});

test.each(STORES)("%s: a stored file is looked at where it is", async (_, open) => {
  const { storage, close } = await open();
  try {
    const bytes = await sample("portrait.mov");
    await storage.put("org_1/upl_1", streamed(bytes));
    const media = await mediaOf(storage, "org_1/upl_1", bytes.length, "video/quicktime");
    expect(media).toEqual({ width: 36, height: 64, duration_ms: 1_000 });
    expect(await mediaOf(storage, "org_1/upl_2", bytes.length, "video/quicktime")).toEqual(NOTHING);
  } finally {
    await close();
  }
});

test("many looks at once are all answered", async () => {
  const bytes = await sample("sample.wav");
  const looks = await Promise.all(Array.from({ length: 8 }, () => look(bytes, "audio/wav")));
  expect(looks.map(({ media }) => media.duration_ms)).toEqual(Array.from({ length: 8 }, () => 1_000));
});
