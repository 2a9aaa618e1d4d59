ALTER TABLE "credit_accounts" ADD COLUMN "low_marked_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "credit_accounts" ADD COLUMN "low_told" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "credit_accounts_low" ON "credit_accounts" USING btree ("low_marked_at") WHERE low_marked_at is not null;