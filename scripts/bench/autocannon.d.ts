/** What the benchmark uses of autocannon, which ships no types. */
declare module "autocannon" {
  type Result = {
    readonly requests: { readonly average: number; readonly total: number };
    /** Milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number };
    /** Seconds that it took. */
    readonly duration: number;
    readonly non2xx: number;
    readonly errors: number;
  };
  type Options = {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
  };
  function autocannon(options: Options): Promise<Result>;
  export = autocannon;
}
