/**
 * Makes something at its first use, once; what failed is tried again at the next. For what takes long to load, and is not
 * needed to start.
 */
export function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
