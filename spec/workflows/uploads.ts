import { listing, OWNER, signUp, step, takePlan, workflow } from "./steps.ts";

const SHA256 = "37ee1a0074e5bf72a180a9fe7695e878c9201f372925e9590f1d020b0523db78";
const TEXT = "Oils, gas and time.";
const MIB = 1024 ** 2;

/** The organization has so many bytes of files. */
const kept = (id: string, bytes: number) =>
  step(id, "getUsage", { as: OWNER, expect: [200, `$response.body#/storage_bytes/used == ${bytes}`] });

/** A file in one request. */
const whole = (id: string, filename: string, text: string, ...expect: [number, ...string[]]) =>
  step(id, "createUpload", {
    as: OWNER,
    raw: {
      type: "multipart/form-data; boundary=between",
      text: `--between\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: text/plain\r\n\r\n${text}\r\n--between--\r\n`,
    },
    expect,
    ...(expect[0] === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

const inParts = (
  id: string,
  body: { size: number; part_size?: number; filename?: string },
  ...expect: [number, ...string[]]
) =>
  step(id, "createResumableUpload", {
    as: OWNER,
    body: { filename: "coffee.txt", ...body },
    expect,
    ...(expect[0] === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

const remove = (id: string, upload: string) =>
  step(id, "deleteUpload", { as: OWNER, params: { upload_id: `$steps.${upload}.outputs.id` }, expect: [204] });

const part = (id: string, upload: string, number: number, text: string, ...expect: [number, ...string[]]) =>
  step(id, "putUploadPart", {
    as: OWNER,
    params: { upload_id: `$steps.${upload}.outputs.id`, part_number: String(number) },
    raw: { type: "application/octet-stream", text },
    expect,
  });

const complete = (id: string, upload: string, ...expect: [number, ...string[]]) =>
  step(id, "completeUpload", { as: OWNER, params: { upload_id: `$steps.${upload}.outputs.id` }, expect });

const partUrl = (id: string, upload: string, number: number, ...expect: [number, ...string[]]) =>
  step(id, "createUploadPartUrl", {
    as: OWNER,
    params: { upload_id: `$steps.${upload}.outputs.id`, part_number: String(number) },
    expect,
  });

const files = listing("listUploads");

const address = (id: string, upload: string, ...expect: [number, ...string[]]) =>
  step(id, "createDownloadUrl", { as: OWNER, params: { upload_id: `$steps.${upload}.outputs.id` }, expect });

export const bytesDecide = workflow({
  id: "its-bytes-say-what-a-file-is",
  summary: "What a file is, its bytes say; its name has no path; its bytes count as used until it is deleted",
  steps: [
    signUp,
    kept("count-none", 0),
    whole(
      "text",
      "a/b/c.txt",
      TEXT,
      201,
      "$response.body#/status == 'ready'",
      "$response.body#/via == 'multipart'",
      "$response.body#/filename == 'c.txt'",
      "$response.body#/type == 'text/plain'",
      `$response.body#/size == ${TEXT.length}`,
      `$response.body#/sha256 == '${SHA256}'`,
      "$response.body#/progress == 100",
      "$response.body#/expires_at == null",
      "$response.body#/parts == null",
      "$response.body#/source_url == null",
      "$response.body#/ready_at >= $response.body#/created_at",
    ),
    kept("count-its-bytes", TEXT.length),
    whole("pdf", "coffee.txt", "%PDF-1.7 no text", 201, "$response.body#/type == 'application/pdf'"),
    whole("archive", "coffee.txt", "PK\u0003\u0004 no text", 415),
    whole("markdown", "coffee.md", TEXT, 201, "$response.body#/type == 'text/markdown'"),
    files("see-all", {}, "markdown", "pdf", "text"),
    files("see-text", { type: "text/plain" }, "text"),
    files("see-ready-pdf", { type: "application/pdf", status: "ready" }, "pdf"),
    files("see-none-pending", { status: "pending" }),
    address("get-its-address", "text", 200),
    kept("count-all", 2 * TEXT.length + 16),
    remove("delete-the-text", "text"),
    address("get-its-address-again", "text", 404),
    kept("count-the-rest", TEXT.length + 16),
  ],
});

export const partsAsAnnounced = workflow({
  id: "parts-come-as-they-were-announced",
  summary:
    "A file in parts counts from the beginning; each part has just its bytes, and none may be missing in the end",
  steps: [
    signUp,
    inParts(
      "begin",
      { size: 5 * MIB + TEXT.length, part_size: 5 * MIB, filename: "a/b\\c.txt" },
      201,
      "$response.body#/filename == 'a_b_c.txt'",
      "$response.body#/status == 'pending'",
      "$response.body#/via == 'parts'",
      "$response.body#/progress == 0",
      `$response.body#/parts/size == ${5 * MIB}`,
      "$response.body#/parts/count == 2",
      "$response.body#/ready_at == null",
      "$response.body#/expires_at > $response.body#/created_at",
    ),
    kept("count-what-is-announced", 5 * MIB + TEXT.length),
    part("send-too-little", "begin", 2, TEXT.slice(1), 400),
    part("send-too-much", "begin", 2, `${TEXT}!`, 413),
    part("send-a-third", "begin", 3, TEXT, 400),
    part(
      "send-the-second",
      "begin",
      2,
      TEXT,
      200,
      "$response.body#/number == 2",
      `$response.body#/size == ${TEXT.length}`,
    ),
    part("send-it-again", "begin", 2, TEXT, 200),
    step("see-what-has-come", "listUploadParts", {
      as: OWNER,
      params: { upload_id: "$steps.begin.outputs.id" },
      expect: [
        200,
        "$response.body#/data/0/number == 2",
        `$response.body#/data/0/size == ${TEXT.length}`,
        "!$response.body#/data/1/size",
      ],
    }),
    complete(
      "complete-it-too-early",
      "begin",
      409,
      "$response.body#/error/details/missing/0 == 1",
      "!$response.body#/error/details/missing/1",
    ),
    partUrl(
      "where-to-send-the-first",
      "begin",
      1,
      200,
      `$response.body#/size == ${5 * MIB}`,
      "$response.body#/number == 1",
    ),
    partUrl("where-to-send-the-second", "begin", 2, 200, `$response.body#/size == ${TEXT.length}`),
    partUrl("where-to-send-a-third", "begin", 3, 400),
    address("no-download-yet", "begin", 409),
    files("see-it-pending", { status: "pending" }, "begin"),
    remove("abort-it", "begin"),
    kept("count-none", 0),
    part("send-one-more", "begin", 2, TEXT, 404),
    inParts(
      "eight-mebibytes",
      { size: 8 * MIB },
      201,
      "$response.body#/parts/count == 1",
      `$response.body#/parts/size == ${8 * MIB}`,
    ),
    inParts("a-byte-more", { size: 8 * MIB + 1 }, 201, "$response.body#/parts/count == 2"),
  ],
});

const ready = (id: string, upload: string, ...more: string[]) =>
  step(id, "getUpload", {
    as: OWNER,
    params: { upload_id: `$steps.${upload}.outputs.id` },
    expect: [200, "$response.body#/status != 'pending'", ...more],
    retry: { times: 100, everySeconds: 0.1 },
  });

const THE_TEXT = [
  "$response.body#/status == 'ready'",
  "$response.body#/type == 'text/plain'",
  `$response.body#/size == ${TEXT.length}`,
  `$response.body#/sha256 == '${SHA256}'`,
  "$response.body#/progress == 100",
  "$response.body#/expires_at == null",
  "$response.body#/error == null",
  "$response.body#/ready_at >= $response.body#/created_at",
];

const imported = (id: string, path: string, ...more: string[]) =>
  step(id, "importUpload", {
    as: OWNER,
    body: { url: `{$inputs.feeds}/${path}` },
    expect: [202, "$response.body#/status == 'pending'", "$response.body#/via == 'url'", ...more],
    outputs: { id: "$response.body#/id", url: "$response.body#/source_url" },
  });

export const sameFileAnyWay = workflow({
  id: "a-file-is-the-same-whichever-way-it-came",
  summary:
    "A file by its address and one in parts end ready, as the same; what fails says why, and none of its bytes count",
  steps: [
    signUp,
    imported("import-it", "coffee.txt", "$response.body#/filename == 'coffee.txt'", "$response.body#/size == null"),
    ready("see-it-ready", "import-it", ...THE_TEXT, "$response.body#/source_url == $steps.import-it.outputs.url"),
    kept("count-it", TEXT.length),
    inParts("begin", { size: TEXT.length }, 201),
    kept("count-what-is-announced", 2 * TEXT.length),
    part("send-it", "begin", 1, TEXT, 200),
    complete("complete-it", "begin", 202, "$response.body#/progress == 100"),
    ready(
      "see-it-ready-too",
      "begin",
      ...THE_TEXT,
      "$response.body#/via == 'parts'",
      "$response.body#/parts/count == 1",
    ),
    kept("count-each-once", 2 * TEXT.length),
    complete("complete-it-again", "begin", 202, "$response.body#/status == 'ready'"),
    part("send-more", "begin", 1, TEXT, 409),
    address("get-its-address", "begin", 200),
    inParts("begin-an-archive", { size: 10 }, 201),
    part("send-the-archive", "begin-an-archive", 1, "PK\u0003\u0004 no tx", 200),
    complete("complete-the-archive", "begin-an-archive", 202),
    ready(
      "see-it-failed",
      "begin-an-archive",
      "$response.body#/status == 'failed'",
      "$response.body#/error/code == 'type_not_allowed'",
      "$response.body#/ready_at == null",
    ),
    address("no-download", "begin-an-archive", 409),
    imported("import-nothing", "nothing.txt"),
    ready(
      "see-nothing",
      "import-nothing",
      "$response.body#/status == 'failed'",
      "$response.body#/error/code == 'fetch_failed'",
    ),
    kept("count-no-failure", 2 * TEXT.length),
    files("see-the-failures", { status: "failed" }, "import-nothing", "begin-an-archive"),
    remove("delete-a-failure", "begin-an-archive"),
    kept("count-it-no-less", 2 * TEXT.length),
    remove("delete-it", "begin"),
    remove("delete-the-other", "import-it"),
    kept("count-none", 0),
  ],
});

/** The plan free: bytes of one file, and of all. */
const FREE = { file: 100_000_000, all: 1_000_000_000 } as const;

export const roomOfPlan = workflow({
  id: "files-stay-within-the-plan",
  summary:
    "A file has at most the bytes that the plan allows for one, and all together those that it keeps: to the byte",
  steps: [
    signUp,
    takePlan("free"),
    step("see-its-room", "getUsage", {
      as: OWNER,
      expect: [
        200,
        `$response.body#/storage_bytes/limit == ${FREE.all}`,
        `$response.body#/plan/file_bytes == ${FREE.file}`,
      ],
    }),
    kept("see-nothing-kept", 0),
    inParts("one-byte-too-large", { size: FREE.file + 1 }, 413, "$response.body#/error/code == 'PAYLOAD_TOO_LARGE'"),
    ...Array.from({ length: FREE.all / FREE.file - 1 }, (_, at) => inParts(`file-${at + 1}`, { size: FREE.file }, 201)),
    inParts("nearly-the-last", { size: FREE.file - TEXT.length }, 201),
    inParts("a-byte-too-many", { size: TEXT.length + 1 }, 403, "$response.body#/error/code == 'PLAN_LIMIT'"),
    whole("the-very-last", "coffee.txt", TEXT, 201),
    kept("see-it-full", FREE.all),
    inParts("no-byte-more", { size: 1 }, 403, "$response.body#/error/code == 'PLAN_LIMIT'"),
    whole("not-in-one-request-either", "coffee.txt", TEXT, 403, "$response.body#/error/code == 'PLAN_LIMIT'"),
    remove("delete-one", "file-1"),
    kept("see-one-less", FREE.all - FREE.file),
    inParts("another", { size: FREE.file }, 201),
  ],
});
