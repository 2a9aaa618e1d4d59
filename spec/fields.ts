import { z } from "./kit/schema.ts";

/** One line of text a person reads: 1 to `max` characters, not all of them blank. */
export const line = (max: number, about: string, example: string) =>
  z.string().min(1).max(max).regex(/\S/, "must not be blank").describe(about).meta({ example });

const LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
const TOP_LABEL = "[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

/** RFC 5321's dot-string before the @ and a host name of two labels or more: what mail really has, and no more. */
const EMAIL =
  /^[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

/** An e-mail address, of at most 254 characters (RFC 5321 §4.5.3.1.3). */
export const emailAddress = (about: string, example: string) =>
  z
    .string()
    .max(254)
    .regex(EMAIL, "must be an e-mail address, such as nora@example.com")
    .describe(about)
    .meta({ format: "email", example });

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const HOST = `(?:(?:${LABEL}\\.)*${TOP_LABEL}\\.?|(?:${OCTET}\\.){3}${OCTET}|\\[[0-9A-Fa-f:.]{2,45}\\])`;
const PORT = "(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5]?[0-9]{1,4})";
const REST = "(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*";

/** An absolute URL as RFC 3986 writes it, by one of these schemes, without a user name. Other characters are escaped. */
export const webUrl = (scheme: "https" | "https?", about: string, example: string) =>
  z
    .string()
    .max(2048)
    .regex(
      new RegExp(`^${scheme}://${HOST}(?::${PORT})?(?:[/?]${REST})?(?:#${REST})?$`),
      `must be a full URL, such as ${example}`,
    )
    .refine((text) => URL.canParse(text), `must be a full URL, such as ${example}`)
    .describe(about)
    .meta({ format: "uri", example });

/** What a URL must be for the server to send requests there. */
export const REACHABLE = "leads to a public address on port 80, 443 or one from 1024 on that HTTP is spoken on";
