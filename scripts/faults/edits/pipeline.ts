import type { SourceEdit } from "./edit.ts";

/** Mistakes in the server kit: policy, idempotency, conditional requests, bodies, pages. */
export const PIPELINE_EDITS: readonly SourceEdit[] = [
  {
    name: "one-of-several-scopes-suffices",
    about: "an admin, who lacks billing:write, deletes the organization: any one of the scopes wanted lets through",
    file: "server/kit/authorize.ts",
    find: "(compiled.anyScope && missing.length < compiled.scopes.length)",
    replace: "missing.length < compiled.scopes.length",
  },
  {
    name: "key-passes-for-session",
    about: "an API key calls what needs a session (lists sessions, makes organizations) with 2xx, not 403",
    file: "server/kit/authorize.ts",
    find: 'compiled.op.auth === "session" && principal.kind !== "session"',
    replace: 'compiled.op.auth === "session" && principal.kind === "anonymous"',
  },
  {
    name: "limit-shared-by-organization",
    about: "requests of one credential use up X-RateLimit-Remaining of every other of its organization",
    file: "server/kit/authorize.ts",
    find: "const who = isPublic ? addressKey(request.address) : principal.id;",
    replace: "const who = isPublic ? addressKey(request.address) : principal.organization;",
  },
  {
    name: "reset-as-seconds-left",
    about: "X-RateLimit-Reset is the seconds left (60, 59 …), not the Unix second in which the window ends",
    file: "server/kit/authorize.ts",
    find: "String(Math.ceil(taken.resetAtMs / 1000))",
    replace: "String(Math.ceil((taken.resetAtMs - Date.now()) / 1000))",
  },
  {
    name: "retry-after-rounded-down",
    about: "who waits as long as Retry-After says is refused again: up to a second is missing",
    file: "server/kit/authorize.ts",
    find: "Math.max(1, Math.ceil((taken.resetAtMs - nowMs) / 1000))",
    replace: "Math.max(1, Math.floor((taken.resetAtMs - nowMs) / 1000))",
  },
  {
    name: "remaining-one-too-many",
    about:
      "X-RateLimit-Remaining promises one request more than there is: after the first it is still the limit, and a 429 says 1",
    file: "server/kit/limits.ts",
    find: "Math.min(limit, result.remainingPoints)",
    replace: "Math.min(limit, result.remainingPoints + 1)",
  },
  {
    name: "refusal-names-the-wrong-error",
    about:
      'a missing scope is a 403 with `WWW-Authenticate: Bearer error="invalid_token"`, so that clients log in again for nothing',
    file: "server/kit/authorize.ts",
    find: 'challenge("insufficient_scope", missing.join(" "))',
    replace: 'challenge("invalid_token", missing.join(" "))',
  },
  {
    name: "idempotency-key-shared-by-tenant",
    about: "the Idempotency-Key of one credential replays the answer given to another of the same organization",
    file: "server/kit/mutation.ts",
    find: "scope: { organization, principal: id, operation: compiled.op.id, key }",
    replace: "scope: { organization, principal: organization || id, operation: compiled.op.id, key }",
  },
  {
    name: "idempotency-mismatch-forgets-path",
    about:
      "one Idempotency-Key for two resources (rotate of key A, then of key B) is taken for a retry of the first: no IDEMPOTENCY_MISMATCH",
    file: "server/kit/mutation.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template.
    find: "const text = `${call.request.path}\\n",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template.
    replace: "const text = `${compiled.op.path}\\n",
  },
  {
    name: "replay-is-200",
    about: "the replay of a 201 is a 200, which the operation does not declare",
    file: "server/kit/mutation.ts",
    find: "jsonOutcome(status, body, replayed)",
    replace: "jsonOutcome(200, body, replayed)",
  },
  {
    name: "replay-without-location",
    about: "the replay of a creation has no Location, which its first answer had",
    file: "server/kit/mutation.ts",
    find: 'const { "Content-Type": _type, ...headers } = outcome.headers;',
    replace: 'const { "Content-Type": _type, Location: _location, ...headers } = outcome.headers;',
  },
  {
    name: "if-match-locks-the-request",
    about: "of two writes at once with the same If-Match both succeed, and one is lost; the second should be a 412",
    file: "server/kit/mutation.ts",
    find: "compiled.writes?.kind ?? compiled.op.path, [id]);",
    replace: "compiled.writes?.kind ?? compiled.op.path, [call.request.requestId]);",
  },
  {
    name: "if-match-star-refused",
    about: "`If-Match: *` on a resource that is there is a 412",
    file: "server/kit/etag.ts",
    find: 'if (header.trim() === "*" || tags(header).includes(present)) return;',
    replace: "if (tags(header).includes(present)) return;",
  },
  {
    name: "weak-tag-not-matched",
    about: '`If-None-Match: W/"…"` of the present version, as a cache sends it, is a 200 instead of a 304',
    file: "server/kit/etag.ts",
    find: 'some((tag) => tag.replace(/^W\\//, "") === present)',
    replace: "some((tag) => tag === present)",
  },
  {
    name: "not-modified-without-etag",
    about: "a 304 has no ETag (RFC 9110 §15.4.5 wants the one that the 200 would have)",
    file: "server/kit/outcome.ts",
    find: 'const { "Content-Type": _type, ...kept } = cacheable;',
    replace: 'const { "Content-Type": _type, ETag: _tag, ...kept } = cacheable;',
  },
  {
    name: "location-without-base",
    about: "Location of a 201 lacks /api: following it is a 404",
    file: "server/kit/outcome.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template.
    find: "`${base}${filled}${id}",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text, not a template.
    replace: "`${filled}${id}",
  },
  {
    name: "null-does-not-clear",
    about: "PATCH with null (a brand's description, a persona's bio) is a 200 and keeps the old value",
    file: "server/kit/patch.ts",
    find: "if (value !== undefined) result[key] = value;",
    replace: "if (value) result[key] = value;",
  },
  {
    name: "cursor-after-the-last-page",
    about: "a last page that is full has a next_cursor, which leads to an empty page",
    file: "server/kit/paging.ts",
    find: "rows.length > query.limit && last",
    replace: "rows.length >= query.limit && last",
  },
  {
    name: "cursor-of-another-list",
    about: "a next_cursor of one list is taken by another (API keys' by personas): 200 with the wrong page, not 400",
    file: "server/kit/paging.ts",
    find: "parsed.length !== width + 1 || parsed[0] !== list)",
    replace: "parsed.length !== width + 1)",
  },
  {
    name: "charset-minds-case",
    about: "`Content-Type: application/json; charset=UTF-8` is a 415",
    file: "server/kit/input.ts",
    find: 'charset.toLowerCase() === "utf-8"',
    replace: 'charset === "utf-8"',
  },
  {
    name: "body-of-exactly-the-limit",
    about: "a body of exactly the largest size allowed (by its Content-Length) is a 413",
    file: "server/kit/input.ts",
    find: "if (length > compiled.maxBytes)",
    replace: "if (length >= compiled.maxBytes)",
  },
  {
    name: "nul-in-a-query",
    about: "%00 in a text parameter (`name` of GET /v1/personas, `operation` of the audit) is a 500, not a 400",
    file: "server/kit/input.ts",
    find: 'issues.push(...search.issues, ...badText("query", search.values));',
    replace: "issues.push(...search.issues);",
  },
  {
    name: "duplicate-parameter-wins",
    about: "of `?limit=1&limit=2` the last one counts, with 200; it should be a 400",
    file: "server/kit/query.ts",
    find: "else if (present === undefined) values[name] = value;",
    replace: "else if (present !== value) values[name] = value;",
  },
  {
    name: "second-plus-stays",
    about: "`?name=a+b+c` looks for `a b+c`: only the first plus becomes a space",
    file: "server/kit/query.ts",
    find: 'text.replaceAll("+", " ")',
    replace: 'text.replace("+", " ")',
  },
  {
    name: "request-id-kept-unbounded",
    about:
      "an X-Request-Id that is not well formed (with spaces, or of thousands of characters) is echoed, not replaced",
    file: "server/kit/request.ts",
    find: "/^[A-Za-z0-9._-]{1,128}$/",
    replace: "/^[A-Za-z0-9._-]{1,128}/",
  },
  {
    name: "fraction-not-padded",
    about: "one timestamp in ten has two digits of a second or one (`…00.53Z`), where the contract says three",
    file: "server/kit/postgres/pool.ts",
    find: 'fraction.padEnd(4, "0")',
    replace: "fraction",
  },
  {
    name: "allow-without-head",
    about: "`Allow` of 405 and OPTIONS leaves HEAD out, which the path answers",
    file: "server/kit/implement.ts",
    find: '    if (op.method === "get") methods.add("HEAD");\n',
    replace: "",
  },
];
