DROP INDEX "credit_movements_order";--> statement-breakpoint
ALTER TABLE "credit_accounts" ADD COLUMN "movements" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "credit_accounts" ADD COLUMN "spent_period" text;--> statement-breakpoint
ALTER TABLE "credit_accounts" ADD COLUMN "spent_in_period" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "credit_movements" ADD COLUMN "seq" bigint NOT NULL;--> statement-breakpoint
ALTER TABLE "topups" ADD COLUMN "refunded" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "credit_movements" ADD CONSTRAINT "credit_movements_order" UNIQUE("org_id","seq");--> statement-breakpoint
ALTER TABLE "credit_accounts" ADD CONSTRAINT "credit_accounts_spent" CHECK ("credit_accounts"."spent" >= "credit_accounts"."spent_in_period" and "credit_accounts"."spent_in_period" >= 0);--> statement-breakpoint
ALTER TABLE "topups" ADD CONSTRAINT "topups_refunded" CHECK ("topups"."refunded" between 0 and "topups"."amount");