import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Upright, as short video is. */
const WIDTH = 90;
const HEIGHT = 160;

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(data.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}

/** A small PNG (ISO/IEC 15948): two colours that the text decides, one flowing into the other. The same for the same text. */
export function picture(text: string): Buffer {
  const seed = createHash("sha256").update(text).digest();
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  // Eight bits a channel, red, green and blue.
  header.set([8, 2], 8);
  const rows = Buffer.alloc((WIDTH * 3 + 1) * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const share = (x + y) / (WIDTH + HEIGHT);
      for (let channel = 0; channel < 3; channel++) {
        const from = seed[channel] ?? 0;
        const to = seed[channel + 3] ?? 0;
        rows[y * (WIDTH * 3 + 1) + 1 + x * 3 + channel] = Math.round(from + (to - from) * share);
      }
    }
  }
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Two seconds of the house's violet, 72 by 128 pixels: H.264 in MP4. */
export const VIDEO = Buffer.from(
  [
    "AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDEAAANBbW9vdgAAAGxtdmhkAAAAAAAAAAAAAAAAAAAD6AAAB9AAAQAAAQAAAAAAAAAAAAAA",
    "AAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAApB0cmFrAAAAXHRraGQAAAAD",
    "AAAAAAAAAAAAAAABAAAAAAAAB9AAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAEgAAACAAAAAAAAk",
    "ZWR0cwAAABxlbHN0AAAAAAAAAAEAAAfQAABAAAABAAAAAAIIbWRpYQAAACBtZGhkAAAAAAAAAAAAAAAAAABAAAAAgABVxAAAAAAALWhkbHIAAAAA",
    "AAAAAHZpZGUAAAAAAAAAAAAAAABWaWRlb0hhbmRsZXIAAAABs21pbmYAAAAUdm1oZAAAAAEAAAAAAAAAAAAAACRkaW5mAAAAHGRyZWYAAAAAAAAA",
    "AQAAAAx1cmwgAAAAAQAAAXNzdGJsAAAAw3N0c2QAAAAAAAAAAQAAALNhdmMxAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAEgAgABIAAAASAAAAAAA",
    "AAABDExhdmMgbGlieDI2NAAAAAAAAAAAAAAAAAAAAAAAAAAAGP//AAAAOWF2Y0MBZAAL/+EAG2dkAAuscgRFEeXwEQAAAwABAAADAAQPFCmEYAEA",
    "B2joQ4E0siz9+PgAAAAAEHBhc3AAAAABAAAAAQAAABRidHJ0AAAAAAAAAUwAAAFMAAAAGHN0dHMAAAAAAAAAAQAAAAQAACAAAAAAFHN0c3MAAAAA",
    "AAAAAQAAAAEAAAAoY3R0cwAAAAAAAAADAAAAAQAAQAAAAAABAACAAAAAAAIAACAAAAAAHHN0c2MAAAAAAAAAAQAAAAEAAAAEAAAAAQAAACRzdHN6",
    "AAAAAAAAAAAAAAAEAAAAKwAAAA4AAAANAAAADQAAABRzdGNvAAAAAAAAAAEAAANxAAAAPXVkdGEAAAA1bWV0YQAAAAAAAAAhaGRscgAAAAAAAAAA",
    "bWRpcmFwcGwAAAAAAAAAAAAAAAAIaWxzdAAAAAhmcmVlAAAAW21kYXQAAAAnZYiBAAK//ggnmVxdJSsG+gSVTxvo3Lod2VSYqNvg0by4AKGGKZ9l",
    "AAAACkGaCG2IJf8AQcAAAAAJQZ4QJxBP/xvRAAAACQGeGE1IJf8e8A==",
  ].join(""),
  "base64",
);
