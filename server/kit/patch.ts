/** A row with a merge patch applied (RFC 7396): what is absent stays, null is set where the contract allows it. */
export function merged<R extends object>(row: R, patch: { readonly [K in keyof R]?: R[K] | undefined }): R {
  const result = { ...row };
  for (const key of Object.keys(patch) as (keyof R)[]) {
    const value = patch[key];
    if (value !== undefined) result[key] = value;
  }
  return result;
}
