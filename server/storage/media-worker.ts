/** The thread of `readMedia`: reads what it is given, says what it found, and may be stopped at any moment. */
import { parentPort, workerData } from "node:worker_threads";
import { imageSize } from "image-size";
import { CustomSource, Input, type InputFormat, MP3, MP4, QTFF, WAVE, WEBM } from "mediabunny";
import type { FromWorker, Media, MediaTask, ToWorker } from "./media.ts";
import type { FileType } from "./sniff.ts";

/** A picture's size stands before its pixels, after at most some metadata. */
const PICTURE_BYTES = 1024 * 1024;
/** EXIF orientations that turn a picture by a quarter. */
const TURNED = 5;

const FORMATS: Readonly<Partial<Record<FileType, InputFormat[]>>> = {
  "video/mp4": [MP4, QTFF],
  "video/quicktime": [QTFF, MP4],
  "audio/mp4": [MP4, QTFF],
  "video/webm": [WEBM],
  "audio/mpeg": [MP3],
  "audio/wav": [WAVE],
};

/** Whole and within what a database's integer holds, or null: a header can say anything. */
const sane = (value: number | null | undefined): number | null => {
  const rounded = Math.round(value ?? Number.NaN);
  return rounded > 0 && rounded < 2 ** 31 ? rounded : null;
};

/** One read at a time, so that an answer needs no number to find its question. */
let last: Promise<unknown> = Promise.resolve();
function read(start: number, end: number): Promise<Uint8Array> {
  const answer = last.then(
    () =>
      new Promise<Uint8Array>((resolve, reject) => {
        parentPort?.once("message", (message: ToWorker) => {
          if ("bytes" in message) resolve(message.bytes);
          else reject(new Error("Too much to read"));
        });
        say({ start, end });
      }),
  );
  last = answer.catch(() => {});
  return answer;
}

const say = (message: FromWorker) => parentPort?.postMessage(message);

async function picture(size: number): Promise<Media> {
  const { width, height, orientation = 1 } = imageSize(await read(0, Math.min(size, PICTURE_BYTES) - 1));
  const [across, down] = orientation >= TURNED ? [height, width] : [width, height];
  return { width: sane(across), height: sane(down), duration_ms: null };
}

async function sound(formats: InputFormat[], size: number): Promise<Media> {
  const source = new CustomSource({ getSize: () => size, read: (start, end) => read(start, end - 1) });
  const input = new Input({ formats, source });
  const known = async <T>(ask: () => Promise<T>): Promise<T | null> => ask().catch(() => null);
  const video = await known(() => input.getPrimaryVideoTrack());
  const width = video && sane(await known(() => video.getDisplayWidth()));
  const height = video && sane(await known(() => video.getDisplayHeight()));
  // The second walks the file where its header does not say, as far as the bounds allow.
  const seconds = (await known(() => input.getDurationFromMetadata())) ?? (await known(() => input.computeDuration()));
  return { width, height, duration_ms: sane(seconds === null ? null : seconds * 1000) };
}

const { type, size }: MediaTask = workerData;
const formats = FORMATS[type];
const nothing: Media = { width: null, height: null, duration_ms: null };
say({ media: await (formats ? sound(formats, size) : picture(size)).catch(() => nothing) });
