/**
 * Each is a sentence for the tenant. They say nothing of what is behind a refused address; `dns` is the same for a name
 * that does not exist and one that leads inside, or the names of a private network could be found by trying.
 */
const SENTENCES = {
  bad_url: "The URL cannot be requested.",
  blocked:
    "The URL leads to an address that is not public, so it was not requested. Use one on the internet, or ask the " +
    "operator of this server to allow the address.",
  dns: "The host name of the URL has no public address. Check its spelling and its DNS records.",
  refused: "The server of the URL does not accept connections.",
  tls: "No secure connection to the server of the URL could be made. Check its certificate.",
  timeout: "The server of the URL took too long.",
  too_large: "The server of the URL answered more than is accepted.",
  redirects: "The URL redirects too often. Use the one it leads to.",
  encoding: "The answer of the URL's server is compressed in a way that cannot be read.",
  network: "The connection to the server of the URL broke before its answer was complete.",
} as const;

export type OutboundCode = keyof typeof SENTENCES;

/** An outbound request failed. `message` may be shown to the tenant; `cause` holds the details, for the log alone. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly code: OutboundCode;

  constructor(code: OutboundCode, options: { readonly message?: string; readonly cause?: unknown } = {}) {
    super(options.message ?? SENTENCES[code], options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
  }
}

const BY_CODE: readonly (readonly [RegExp, OutboundCode])[] = [
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EACCES)$/, "refused"],
  [/^(ETIMEDOUT|ERR_SOCKET_CONNECTION_TIMEOUT|UND_ERR_CONNECT_TIMEOUT)$/, "timeout"],
  [/^UND_ERR_HEADERS_OVERFLOW$/, "too_large"],
  [
    /^(EPROTO|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|.*_CERT(IFICATE)?(_.*)?|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)$/,
    "tls",
  ],
  [/^(Z_.*|ERR__?ERROR_.*|ERR_BROTLI_.*|ERR_ZSTD_.*|ZSTD_.*)$/, "encoding"],
];

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** What went wrong on a connection, in the words of this folder; the original is the `cause`. */
export function toOutboundError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  // With several addresses the code stands on the parts, and only sometimes on the whole.
  const parts = error instanceof AggregateError ? [error, ...error.errors] : [error];
  for (const code of parts.map(codeOf)) {
    const found = BY_CODE.find(([pattern]) => pattern.test(code));
    if (found) return new OutboundError(found[1], { cause: error });
  }
  return new OutboundError("network", { cause: error });
}
