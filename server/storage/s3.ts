import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { create as contentDisposition } from "content-disposition";
import { StartError } from "../kit/start-error.ts";
import { checkKey, checkNumber, checkParts, exactly, mergeByKey, untilAborted } from "./bounds.ts";
import { fromS3, nameOf } from "./s3-errors.ts";
import { listObjects, listParts, listUnfinished } from "./s3-listing.ts";
import { putWhole } from "./s3-put.ts";
import { type Storage, StorageError } from "./service.ts";

/** What opens an S3-compatible store. Without `endpoint` it is Amazon's own. */
export type S3Options = {
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly endpoint?: string | undefined;
  /** Where clients reach it, when that is not `endpoint`: presigned URLs begin with it. */
  readonly publicEndpoint?: string | undefined;
  /** The bucket in the path, not in the host name. */
  readonly forcePathStyle: boolean;
};

const CONNECT_MS = 5_000;
const SILENT_MS = 60_000;
/** The SDK else writes to the console by itself. What matters is in the errors. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

function client(options: S3Options, endpoint: string | undefined): S3Client {
  return new S3Client({
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    // The SDK's own default adds checksum trailers that many S3-compatible stores refuse, and a presigned URL the checksum
    // of no bytes.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    logger: SILENT,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS },
    ...(endpoint !== undefined && { endpoint }),
  });
}

/** Objects of one bucket of an S3-compatible store. What it begins and cannot end shows there as a multipart upload. */
export function openS3Storage(options: S3Options): Storage {
  const { bucket: Bucket } = options;
  const s3 = client(options, options.endpoint);
  const outside = client(options, options.publicEndpoint ?? options.endpoint);

  const said = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw fromS3(error);
    }
  };
  const at = (key: string) => {
    checkKey(key);
    return { Bucket, Key: key };
  };
  const tagOf = (tag: string | undefined, number: number): string => {
    if (tag === undefined) throw new StorageError("UNAVAILABLE", `S3 gave no ETag for part ${number}`);
    return tag;
  };

  const size = async (key: string): Promise<number | undefined> => {
    try {
      return (await said(() => s3.send(new HeadObjectCommand(at(key))))).ContentLength ?? 0;
    } catch (error) {
      if (error instanceof StorageError && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  };
  const createParts: Storage["createParts"] = async (key, { type } = {}) => {
    const { UploadId } = await said(() =>
      s3.send(new CreateMultipartUploadCommand({ ...at(key), ...(type !== undefined && { ContentType: type }) })),
    );
    if (UploadId === undefined) throw new StorageError("UNAVAILABLE", "S3 began an upload without an id");
    return { handle: UploadId };
  };
  const send = async (key: string, handle: string, number: number, body: Readable | Uint8Array, bytes: number) => {
    checkNumber(number);
    const where = { ...at(key), UploadId: handle, PartNumber: number };
    // The SDK pipes a stream without listening for its failure, and would wait for ever.
    const broken = new AbortController();
    let why: unknown;
    if (body instanceof Readable) {
      body.once("error", (error) => {
        why = error;
        broken.abort();
      });
    }
    try {
      const command = new UploadPartCommand({ ...where, Body: body, ContentLength: bytes });
      const { ETag } = await s3.send(command, { abortSignal: broken.signal });
      return { number, tag: tagOf(ETag, number), size: bytes };
    } catch (error) {
      throw why ?? fromS3(error);
    } finally {
      if (body instanceof Readable) body.destroy();
    }
  };
  const completeParts: Storage["completeParts"] = async (key, handle, parts) => {
    const total = checkParts(parts);
    const Parts = parts.map(({ number, tag }) => ({ PartNumber: number, ETag: tag }));
    try {
      await said(() =>
        s3.send(new CompleteMultipartUploadCommand({ ...at(key), UploadId: handle, MultipartUpload: { Parts } })),
      );
    } catch (error) {
      const gone = error instanceof StorageError && error.code === "NOT_FOUND";
      // Completed before, perhaps by a process that died before it could say so.
      if (!gone || (await size(key)) !== total) throw error;
    }
    return { size: total };
  };
  const abortParts = async (key: string, handle: string) => {
    try {
      await said(() => s3.send(new AbortMultipartUploadCommand({ ...at(key), UploadId: handle })));
    } catch (error) {
      if (!(error instanceof StorageError && error.code === "NOT_FOUND")) throw error;
    }
  };

  return {
    kind: "s3",
    put: (key, bytes, { type, signal } = {}) =>
      putWhole(untilAborted(bytes, signal), {
        whole: (body) =>
          said(async () => {
            await s3.send(
              new PutObjectCommand({ ...at(key), Body: body, ...(type !== undefined && { ContentType: type }) }),
            );
          }),
        begin: async () => (await createParts(key, type === undefined ? {} : { type })).handle,
        part: (handle, number, body) => send(key, handle, number, body, body.length),
        complete: (handle, parts) => completeParts(key, handle, parts),
        abort: (handle) => abortParts(key, handle),
      }),
    read: (key, range) =>
      said(async () => {
        if (range && range.start > range.end) throw new StorageError("RANGE", "The range ends before it begins");
        const Range = range && `bytes=${range.start}-${range.end}`;
        const { Body } = await s3.send(new GetObjectCommand({ ...at(key), ...(Range !== undefined && { Range }) }));
        if (Body instanceof Readable) return Body;
        throw new StorageError("UNAVAILABLE", "S3 answered without a body");
      }),
    size,
    delete: async (key) => {
      await said(() => s3.send(new DeleteObjectCommand(at(key))));
    },
    createParts,
    putPart: (key, handle, number, bytes, announced) =>
      send(key, handle, number, Readable.from(exactly(bytes, announced)), announced),
    parts: (key, handle) => said(() => listParts(s3, { ...at(key), UploadId: handle })),
    completeParts,
    abortParts,
    async presignPart(key, handle, number, bytes, expiresSeconds) {
      checkNumber(number);
      const command = new UploadPartCommand({
        ...at(key),
        UploadId: handle,
        PartNumber: number,
        ContentLength: bytes,
      });
      const url = await getSignedUrl(outside, command, { expiresIn: expiresSeconds });
      return { url, headers: { "content-length": String(bytes) } };
    },
    presignRead(key, { expiresSeconds, filename, type }) {
      const command = new GetObjectCommand({
        ...at(key),
        ResponseContentDisposition: contentDisposition(filename),
        ResponseContentType: type,
        ResponseCacheControl: "private, no-store",
      });
      return getSignedUrl(outside, command, { expiresIn: expiresSeconds });
    },
    list: (beforeMs, after = "") =>
      mergeByKey(listObjects(s3, Bucket, beforeMs, after), listUnfinished(s3, Bucket, beforeMs, after)),
    async check() {
      try {
        await s3.send(new HeadBucketCommand({ Bucket }));
      } catch (error) {
        throw new StartError(
          `The bucket ${Bucket} cannot be used${options.endpoint === undefined ? "" : ` at ${options.endpoint}`}: ` +
            `${nameOf(error)}. Set S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY to ` +
            "those of a bucket that exists and these keys may use; a server without a host name a bucket wants S3_FORCE_PATH_STYLE=true",
        );
      }
    },
    async close() {
      s3.destroy();
      outside.destroy();
    },
  };
}
