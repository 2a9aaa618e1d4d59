import { hasCode } from "./durable.ts";
import { type Storage, StorageError } from "./service.ts";

/** What the file system's refusal means to a caller of Storage; other errors, such as those of a stream, stay as they are. */
function fromFileSystem(root: string, error: unknown): unknown {
  if (hasCode(error, "ENOSPC", "EDQUOT", "EFBIG")) {
    return new StorageError(
      "FULL",
      `The folder of uploaded files, ${root}, takes no more (its disk is full, or a quota or limit is reached): ` +
        "make room, or set STORAGE_DIR to a larger disk",
      { cause: error },
    );
  }
  if (hasCode(error, "EACCES", "EPERM", "EROFS", "EIO", "EMFILE", "ENFILE", "ENOENT", "ENOTDIR", "EISDIR")) {
    return new StorageError("UNAVAILABLE", `The folder of uploaded files, ${root}, cannot be used`, { cause: error });
  }
  return error;
}

/** The same storage, whose methods say what the file system's refusals mean. */
export function withFileErrors(root: string, storage: Storage): Storage {
  const said =
    <A extends unknown[], R>(method: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await method(...args);
      } catch (error) {
        throw fromFileSystem(root, error);
      }
    };
  return {
    ...storage,
    put: said(storage.put),
    read: said(storage.read),
    size: said(storage.size),
    delete: said(storage.delete),
    createParts: said(storage.createParts),
    putPart: said(storage.putPart),
    parts: said(storage.parts),
    completeParts: said(storage.completeParts),
    abortParts: said(storage.abortParts),
  };
}
