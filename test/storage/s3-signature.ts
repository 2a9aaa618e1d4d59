import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

export type Credentials = { readonly region: string; readonly accessKeyId: string; readonly secretAccessKey: string };

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
const instant = (stamp: string) =>
  Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

/** The S3 error code of a request that AWS Signature Version 4 does not hold for, in header or query; else undefined. */
export function badSignature(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  known: Credentials,
  nowMs: number,
): string | undefined {
  const header = (name: string) => String(request.headers[name] ?? "");
  const presigned = url.searchParams.has("X-Amz-Signature");
  const given = presigned ? fromQuery(url) : fromHeader(header("authorization"), header("x-amz-date"));
  const [accessKeyId, day, region, service, end] = given.credential.split("/");
  if (accessKeyId !== known.accessKeyId) return "InvalidAccessKeyId";
  if (region !== known.region || service !== "s3" || end !== "aws4_request") return "AuthorizationHeaderMalformed";
  if (presigned && instant(given.date) + Number(url.searchParams.get("X-Amz-Expires")) * 1000 < nowMs)
    return "AccessDenied";

  const payload = presigned ? "UNSIGNED-PAYLOAD" : header("x-amz-content-sha256");
  if (payload !== "UNSIGNED-PAYLOAD" && payload !== sha256(body)) return "XAmzContentSHA256Mismatch";
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const names = given.signedHeaders.split(";");
  if (!names.includes("host")) return "SignatureDoesNotMatch";
  const headers = names.map((name) => `${name}:${header(name).trim()}\n`).join("");
  const canonical = [request.method, url.pathname, query, headers, given.signedHeaders, payload].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = [region ?? "", "s3", "aws4_request"].reduce<Buffer>(
    (so, next) => hmac(so, next),
    hmac(`AWS4${known.secretAccessKey}`, day ?? ""),
  );
  const right = hmac(key, ["AWS4-HMAC-SHA256", given.date, scope, sha256(canonical)].join("\n")).toString("hex");
  return right === given.signature ? undefined : "SignatureDoesNotMatch";
}

function fromQuery(url: URL) {
  const get = (name: string) => url.searchParams.get(`X-Amz-${name}`) ?? "";
  const [credential, date, signature] = [get("Credential"), get("Date"), get("Signature")];
  return { credential, date, signature, signedHeaders: get("SignedHeaders") };
}

function fromHeader(authorization: string, date: string) {
  const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(authorization)?.[1] ?? "";
  return {
    credential: part("Credential"),
    date,
    signature: part("Signature"),
    signedHeaders: part("SignedHeaders"),
  };
}
