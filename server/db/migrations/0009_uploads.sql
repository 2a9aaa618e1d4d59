CREATE TABLE "removed_organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "storage_removals" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"object" text,
	"store_handle" text,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "storage_removals" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "object" text;--> statement-breakpoint
ALTER TABLE "storage_removals" ADD CONSTRAINT "storage_removals_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "storage_removals_created" ON "storage_removals" USING btree ("created_at");--> statement-breakpoint
ALTER TABLE "upload_parts" DROP COLUMN "tag";--> statement-breakpoint
ALTER TABLE "upload_parts" DROP COLUMN "created_at";--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_object" UNIQUE("org_id","object");--> statement-breakpoint
CREATE POLICY "storage_removals_tenant" ON "storage_removals" AS PERMISSIVE FOR ALL TO public USING (org_id = (select current_setting('app.org_id', true))) WITH CHECK (org_id = (select current_setting('app.org_id', true)));