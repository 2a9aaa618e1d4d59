import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { examine, examineStored, RefusedFile } from "../../server/storage/service.ts";
import { type Claims, sniff } from "../../server/storage/sniff.ts";
import { FILE_TYPES } from "../../spec/uploads.ts";
import { collect, noise, openLocal, streamed } from "./stores.ts";

const sample = (name: string) => fs.readFile(new URL(`../fixtures/media/${name}`, import.meta.url));

/** Its type, or why it is refused. */
async function verdict(bytes: Buffer | string, claims?: Claims) {
  const { bytes: passing, result } = examine(streamed(Buffer.from(bytes)));
  try {
    await collect(passing);
  } catch (error) {
    // Told by its first bytes: nobody reads on.
    if (error instanceof RefusedFile) return { refused: error.message };
    throw error;
  }
  const { sha256: _, size: __, ...found } = await result(claims);
  if ("refused" in found) return found;
  return { type: found.type };
}

const SAMPLES = [
  ["sample.mp4", "video/mp4"],
  ["faststart.mp4", "video/mp4"],
  ["fragmented.mp4", "video/mp4"],
  ["portrait.mov", "video/quicktime"],
  ["sample.webm", "video/webm"],
  ["sample.mp3", "audio/mpeg"],
  ["plain.mp3", "audio/mpeg"],
  ["sample.wav", "audio/wav"],
  ["sample.m4a", "audio/mp4"],
  ["sample.jpg", "image/jpeg"],
  ["sample.png", "image/png"],
  ["sample.webp", "image/webp"],
  ["sample.gif", "image/gif"],
  ["sample.pdf", "application/pdf"],
  ["sample.txt", "text/plain"],
] as const;

test.each(SAMPLES)("%s is %s, whatever its name and declared type say", async (name, type) => {
  const bytes = await sample(name);
  expect(await verdict(bytes)).toEqual({ type });
  expect(await verdict(bytes, { filename: "a.exe", type: "application/x-msdownload" })).toEqual({ type });
});

test("every allowed type has a sample", () => {
  expect(new Set([...SAMPLES.map(([, type]) => type), "text/markdown"])).toEqual(new Set(FILE_TYPES));
});

test("Markdown is told from plain text by its name or declared type, and only text can be it", async () => {
  const bytes = await sample("sample.md");
  const markdown = { type: "text/markdown" };
  expect(await verdict(bytes, { filename: "Notes.MD" })).toEqual(markdown);
  expect(await verdict(bytes, { filename: "notes.markdown" })).toEqual(markdown);
  expect(await verdict(bytes, { type: "text/markdown; charset=utf-8" })).toEqual(markdown);
  expect(await verdict(bytes, { filename: "notes.txt", type: "text/plain" })).toEqual({ type: "text/plain" });
  expect(await verdict(await sample("sample.mp4"), { filename: "notes.md" })).toEqual({ type: "video/mp4" });
});

test("text is text, though it begins as another format would, or has tags in it", async () => {
  const texts = [
    "BMW makes cars",
    "ID3 is a tag",
    "GIF89a",
    "PK",
    "MZ",
    "RIFF",
    "WEBVTT",
    "{\\rtf1",
    "#!/bin/sh",
    "Rar!",
    "%!PS",
  ];
  texts.push(
    "a <script>alert(1)</script>",
    "<3 this song",
    "<p>A paragraph</p>",
    "<header",
    "<!-- a comment -->\n# Title",
  );
  for (const text of texts) expect(await verdict(text), text).toEqual({ type: "text/plain" });
});

test("a file of another type is refused with the list of what is allowed", async () => {
  const elf = Buffer.concat([Buffer.from("7f454c46020101000000000000000000", "hex"), noise(500)]);
  const ftyp = (brand: string) =>
    Buffer.concat([Buffer.from(`\0\0\0\u0018ftyp${brand}\0\0\0\0${brand}mif1`), noise(99)]);
  const matroska = Buffer.concat([Buffer.from("1a45dfa38b428288", "hex"), Buffer.from("matroska"), noise(99)]);
  const refused: [string, Buffer | string, RegExp][] = [
    ["nothing", "", /^The file is empty\./],
    ["SVG", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', /HTML, SVG or XML/],
    ["bare SVG", "\uFEFF \n<!-- x --><!----><SVG onload=alert(1)>", /HTML, SVG or XML/],
    ["HTML", "<!DOCTYPE html><script>alert(1)</script>", /HTML, SVG or XML/],
    ["HTML without doctype", "\n\n<script>alert(1)</script>", /HTML, SVG or XML/],
    ["EXE", Buffer.concat([Buffer.from("MZ\x90\0\x03\0\0\0"), noise(500)]), /x-msdownload/],
    ["ELF", elf, /x-elf/],
    ["ZIP", Buffer.concat([Buffer.from("PK\x03\x04\x14\0\0\0\x08\0"), noise(500)]), /application\/zip/],
    ["GZIP", gzipSync("text"), /gzip/],
    ["HEIC", ftyp("heic"), /heic/],
    ["AVIF", ftyp("avif"), /avif/],
    ["Matroska", matroska, /matroska/],
    ["PDF after other bytes", Buffer.concat([noise(20), Buffer.from("%PDF-1.4")]), /unknown type/],
    ["noise", noise(10_000), /unknown type/],
    ["zeros", Buffer.alloc(5_000), /unknown type/],
    ["UTF-16", Buffer.from("\uFEFFtext text", "utf16le"), /./],
  ];
  for (const [name, bytes, why] of refused) {
    const { refused: sentence = "" } = {
      refused: "",
      ...(await verdict(bytes, { filename: "a.mp4", type: "video/mp4" })),
    };
    expect(sentence, name).toMatch(why);
    expect(sentence, name).toMatch(/Allowed are MP4, MOV, WebM, MP3, .*, Markdown, plain text$/);
  }
});

test("a polyglot is what it begins with, so it is never served as what it hides", async () => {
  const gifar = Buffer.concat([await sample("sample.gif"), Buffer.from("PK\x03\x04"), noise(1_000)]);
  expect(await verdict(gifar)).toEqual({ type: "image/gif" });
  const script = Buffer.concat([Buffer.from("<script>alert(1)</script>\0"), await sample("sample.jpg")]);
  expect(await verdict(script)).toEqual({ refused: expect.any(String) });
});

test("10,000 mutilated heads are judged, each to its end", async () => {
  const heads = await Promise.all(SAMPLES.map(([name]) => sample(name)));
  // Numbers from a hash of a seed, so that a failure can be had again.
  const numbers = createHash("shake256", { outputLength: 1_000_000 }).update("4711").digest();
  let at = 0;
  const random = (below: number) => {
    at = (at + 4) % 999_996;
    return numbers.readUInt32LE(at) % below;
  };
  for (let round = 0; round < 10_000; round++) {
    const head = Buffer.from((heads[random(heads.length)] ?? Buffer.alloc(0)).subarray(0, 20 + random(4_080)));
    for (let n = random(8); n >= 0; n--) head[random(Math.min(head.length, 64))] = random(256);
    const found = await sniff({ head, size: head.length, text: false, sha256: "" });
    if ("type" in found) expect(FILE_TYPES).toContain(found.type);
    else expect(found.refused).toMatch(/Allowed are/);
  }
});

test("a stored file is examined as one that passes is", async () => {
  const { storage, close } = await openLocal();
  try {
    const bytes = await sample("sample.webm");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const passing = examine(streamed(bytes));
    await storage.put("org_1/upl_1", passing.bytes);
    const found = { sha256, size: bytes.length, type: "video/webm", extension: "webm" };
    expect(await passing.result()).toEqual(found);
    expect(await examineStored(storage, "org_1/upl_1", { filename: "a.md" })).toEqual(found);
    await expect(examineStored(storage, "org_1/upl_2")).rejects.toMatchObject({ code: "NOT_FOUND" });
  } finally {
    await close();
  }
});
