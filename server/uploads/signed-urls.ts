import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { SealingKeys } from "../kit/seal.ts";

/** Names what the keys are for, so that they are those of nothing else. */
const PURPOSE = "reelmark signed addresses v1";

export type SignedUrls = {
  /**
   * An address under the API that needs no credential.
   * @param path Below the API's base, `/v1/…`.
   * @param organization For which the bearer of the address acts.
   * @param expires Until when it is good, in Unix seconds.
   */
  sign(method: "GET" | "PUT", path: string, organization: string, expires: number): string;
  /** The organization that an address acts for; undefined when it is not ours, was changed, or is over. HEAD is GET. */
  verify(method: string, url: URL, nowMs: number): string | undefined;
};

/**
 * Signed addresses: `?expires=<Unix seconds>&signature=<organization>.<HMAC-SHA256>` over method, path, expiry and
 * organization, under keys derived (HKDF, RFC 5869) from the encryption keys: the newest signs, all verify.
 * @param publicUrl Where clients reach the server.
 * @param base Path of the API, such as `/api`.
 */
export function signedUrls(keys: SealingKeys, publicUrl: string, base: string): SignedUrls {
  const derived = keys.map(({ key }) => Buffer.from(hkdfSync("sha256", key, "", PURPOSE, 32)));
  const macOf = (key: Buffer, ...parts: readonly string[]) =>
    createHmac("sha256", key).update(parts.join("\n")).digest("base64url");
  return {
    sign(method, path, organization, expires) {
      const [newest] = derived;
      if (!newest) throw new Error("There is no encryption key");
      const mac = macOf(newest, method, base + path, String(expires), organization);
      const query = new URLSearchParams({ expires: String(expires), signature: `${organization}.${mac}` });
      return `${publicUrl.replace(/\/$/, "")}${base}${path}?${query}`;
    },
    verify(method, url, nowMs) {
      const [expires = "", ...moreTimes] = url.searchParams.getAll("expires");
      const [signature = "", ...moreSignatures] = url.searchParams.getAll("signature");
      const [, organization, mac] = /^(org_[0-9a-z]{26})\.([\w-]{43})$/.exec(signature) ?? [];
      if (organization === undefined || mac === undefined || !/^[1-9]\d{0,10}$/.test(expires)) return undefined;
      if (moreTimes.length > 0 || moreSignatures.length > 0 || Number(expires) * 1000 <= nowMs) return undefined;
      const wanted = method === "HEAD" ? "GET" : method;
      // Compared as text: of the last character of a MAC in base64, two bits are nobody's.
      const given = Buffer.from(mac);
      const parts = [wanted, url.pathname, expires, organization];
      return derived.some((key) => timingSafeEqual(Buffer.from(macOf(key, ...parts)), given))
        ? organization
        : undefined;
    },
  };
}
