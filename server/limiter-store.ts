import { Redis } from "ioredis";
import type pg from "pg";
import { RateLimiterPostgres, RateLimiterRedis } from "rate-limiter-flexible";
import type { Config } from "./config.ts";
import { type MakeLimiter, memoryLimiter, WINDOW_SECONDS } from "./kit/limits.ts";

export type LimiterStore = { readonly make: MakeLimiter; close(): Promise<void> };

/** Where requests are counted: this process, the database, or Redis. `pool` is not the handlers' own. */
export async function openLimiterStore(config: Config, pool: () => pg.Pool): Promise<LimiterStore> {
  if (config.rateLimitStore === "memory") return { make: memoryLimiter, close: async () => {} };
  if (config.rateLimitStore === "postgres") {
    const storeClient = pool();
    const shared = { storeClient, storeType: "pool", tableName: "rate_limits", tableCreated: true, keyPrefix: "" };
    return {
      // Expired rows are removed by sweep(), once for all servers.
      make: (points) =>
        new RateLimiterPostgres({ ...shared, points, duration: WINDOW_SECONDS, clearExpiredByTimeout: false }),
      close: () => storeClient.end(),
    };
  }
  // Fails at once when Redis is away: the limiter has its own way on, and a queue would only hold requests up.
  const redis = new Redis(config.REDIS_URL ?? "", {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 500,
  });
  redis.on("error", () => {
    // Each failed command is reported where it was called; without a listener the client prints them all again.
  });
  await new Promise<void>((resolve) => {
    redis.once("ready", resolve);
    redis.once("error", () => resolve());
  });
  return {
    make: (points) =>
      new RateLimiterRedis({
        storeClient: redis,
        points,
        duration: WINDOW_SECONDS,
        keyPrefix: "reelmark",
        rejectIfRedisNotReady: true,
      }),
    close: async () => redis.disconnect(),
  };
}
