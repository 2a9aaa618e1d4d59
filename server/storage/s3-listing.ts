import { ListMultipartUploadsCommand, ListObjectsV2Command, ListPartsCommand, type S3Client } from "@aws-sdk/client-s3";
import { isKey } from "./bounds.ts";
import { fromS3 } from "./s3-errors.ts";
import { type ListedPart, StorageError, type Stored } from "./service.ts";

/** The parts of a multipart upload, by number. */
export async function listParts(
  s3: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string },
): Promise<ListedPart[]> {
  const found: ListedPart[] = [];
  let marker: string | undefined;
  do {
    const page = await s3.send(
      new ListPartsCommand({ ...upload, ...(marker !== undefined && { PartNumberMarker: marker }) }),
    );
    for (const { PartNumber: number, ETag: tag, Size: size, LastModified: written } of page.Parts ?? []) {
      if (number === undefined || tag === undefined || size === undefined || written === undefined)
        throw new StorageError("UNAVAILABLE", "S3 listed a part without its number, ETag, size or time");
      found.push({ number, tag, size, writtenMs: written.getTime() });
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return found;
}

/** Objects of ours last written before a moment, by ascending key above `after`. What has another's name is passed by. */
export async function* listObjects(
  s3: S3Client,
  Bucket: string,
  beforeMs: number,
  after: string,
): AsyncGenerator<Stored, void> {
  let token: string | undefined;
  do {
    const where = token === undefined ? { StartAfter: after } : { ContinuationToken: token };
    const page = await asked(() => s3.send(new ListObjectsV2Command({ Bucket, ...where })));
    for (const { Key: key, LastModified: written } of page.Contents ?? []) {
      if (key && isKey(key) && written && written.getTime() < beforeMs) yield { kind: "object", key };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/**
 * Multipart uploads of ours begun before a moment, by ascending key above `after`. MinIO lists none for a whole bucket; it
 * drops them by itself after a day.
 */
export async function* listUnfinished(
  s3: S3Client,
  Bucket: string,
  beforeMs: number,
  after: string,
): AsyncGenerator<Stored, void> {
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = after === "" ? {} : { KeyMarker: after };
  while (from) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket, ...from });
    const page = await asked(() => s3.send(command));
    for (const { Key: key, UploadId: handle, Initiated: begun } of page.Uploads ?? []) {
      if (key && isKey(key) && handle && begun && begun.getTime() < beforeMs) yield { kind: "parts", key, handle };
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    from = page.IsTruncated && KeyMarker ? { KeyMarker, ...(UploadIdMarker && { UploadIdMarker }) } : undefined;
  }
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromS3(error);
  }
}
