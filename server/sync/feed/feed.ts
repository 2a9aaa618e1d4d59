export type PostMedia = {
  readonly url: string;
  readonly kind: "video" | "audio" | "image" | "other";
  readonly type: string | null;
  readonly size: number | null;
  readonly duration_seconds: number | null;
};

export type FeedPost = {
  readonly external_id: string;
  readonly url: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly author: string | null;
  readonly media: readonly PostMedia[];
  readonly published_at: string | null;
  /** SHA-256, in hex, of all of the above. */
  readonly digest: string;
};

/** A feed of any format, as it is kept. */
export type Feed = {
  readonly format: "rss" | "atom" | "json_feed";
  readonly title: string | null;
  /** Newest first. */
  readonly posts: readonly FeedPost[];
};

/** Why it could not be read: `message` is a sentence for the tenant. */
export type Unreadable = { readonly code: "not_a_feed" | "broken_feed"; readonly message: string };

export type FeedBytes = {
  readonly bytes: Uint8Array;
  readonly contentType: string | undefined;
  /** Where it came from: relative addresses in it are relative to that. */
  readonly url: string;
};

export type FeedReader = {
  /** Reads a feed, or says why it cannot be read. Throws only what is our own fault, or the reason of `signal`. */
  read(feed: FeedBytes, signal?: AbortSignal): Promise<Feed | Unreadable | TooMuch>;
  close(): Promise<void>;
};

export type TooMuch = { readonly code: "too_large"; readonly message: string };
