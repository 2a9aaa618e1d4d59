import { customType } from "drizzle-orm/pg-core";

/** `timestamptz(3)`, read as RFC 3339 text by the connection (server/kit/postgres/pool.ts). */
export const time = customType<{ data: string; driverData: string }>({ dataType: () => "timestamp(3) with time zone" });

/** `bytea`: digests. */
export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });
