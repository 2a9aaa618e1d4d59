/** Why each check that wants a server with a memory does so; `--stateless` leaves them out, by name. */
export const NEEDS_STATE: ReadonlyMap<string, string> = new Map([
  ...[
    "created_is_readable",
    "created_is_listed",
    "location",
    "update_is_visible",
    "put_replaces",
    "patch_merges",
    "use_after_delete",
    "no_orphans",
    "delete_is_idempotent",
    "failed_request_changes_nothing",
    "mass_assignment",
  ].map((name) => [name, "what was made or changed is looked at again"] as const),
  ...[
    "pagination_limit",
    "pagination_complete",
    "foreign_cursor",
    "list_filters",
    "reorder_is_kept",
    "distinct_values",
  ].map((name) => [name, "a list must hold what was put into it"] as const),
  ...["idempotency_replay", "idempotency_mismatch", "idempotency_tenant_scope", "idempotency_credential_scope"].map(
    (name) => [name, "the first request with a key must be remembered"] as const,
  ),
  ["workflow", "what one step has done must be there in the next"],
  ["tenant_isolation", "the server must know whose a resource is"],
  ...["conditional_request", "lost_update"].map(
    (name) => [name, "the version of a resource must be remembered"] as const,
  ),
  ["byte_ranges", "the same content must be there for each part"],
  ["signed_address", "an address must lead to what it was given for"],
  ["lifetime", "times must be those of the answer"],
  ["credits_charged", "a balance must be kept"],
  ...["rate_limit_enforced", "retry_after_holds"].map((name) => [name, "requests must be counted"] as const),
]);
