SELECT guard_tenant_table(t::regclass) FROM unnest(ARRAY[
  'sources', 'sync_jobs', 'source_posts', 'uploads', 'upload_parts', 'storage_use', 'credit_accounts', 'credit_movements',
  'credit_entries', 'credit_holds', 'topups', 'billing_settings', 'webhooks', 'webhook_events', 'webhook_deliveries',
  'webhook_attempts']) AS t;
--> statement-breakpoint
-- Append-only: the server books and reads. What is booked stays as it is.
REVOKE UPDATE, DELETE, TRUNCATE ON credit_movements, credit_entries FROM reelmark_app;
