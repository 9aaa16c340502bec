import { Migration } from '@mikro-orm/migrations';

export class Migration20261124000000_tables extends Migration {

  override name = 'Migration20261124000000_tables';

  override up(): void | Promise<void> {
    this.addSql(`create table "access_request" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "organization_id" varchar(255) not null, "application_id" varchar(255) not null, "resource_id" varchar(255) not null, "product_subscription_id" varchar(255) not null, "state" varchar(255) not null, "decision" varchar(255) null, "decision_reason" text null, "decided_at" timestamptz(3) null, "decided_by_user_id" varchar(255) null, "granted_at" timestamptz(3) null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "access_request_application_id_resource_id_index" on "access_request" ("application_id", "resource_id");`);
    this.addSql(`create index "access_request_product_subscription_id_index" on "access_request" ("product_subscription_id");`);
    this.addSql(`create index "access_request_organization_id_index" on "access_request" ("organization_id");`);
    this.addSql(`create index "access_request_marketplace_id_state_index" on "access_request" ("marketplace_id", "state");`);
    this.addSql(`create unique index "access_request_once" on "access_request" ("provider_id", "application_id", "resource_id", "product_subscription_id") where state not in ('DENIED', 'REVOKED');`);

    this.addSql(`create table "api_resource" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "asset_id" varchar(255) not null, "base_path" varchar(255) not null, "name" varchar(255) not null, "description" text null, "api_version" varchar(255) null, "specification_id" varchar(255) null, "removed_at" timestamptz(3) null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "api_resource_asset_id_index" on "api_resource" ("asset_id");`);
    this.addSql(`alter table "api_resource" add constraint "api_resource_provider_id_base_path_unique" unique ("provider_id", "base_path");`);

    this.addSql(`create table "api_specification" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "document" jsonb not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);

    this.addSql(`create table "application" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "organization_id" varchar(255) not null, "name" varchar(255) not null, "description" text null, "created_by_user_id" varchar(255) not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "application_organization_id_index" on "application" ("organization_id");`);

    this.addSql(`create table "asset" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "name" varchar(255) not null, "description" text null, "state" varchar(255) not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);

    this.addSql(`create table "asset_release" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "asset_id" varchar(255) not null, "version" varchar(255) not null, "released_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`alter table "asset_release" add constraint "asset_release_provider_id_asset_id_version_unique" unique ("provider_id", "asset_id", "version");`);

    this.addSql(`create table "audit_entry" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) null, "organization_id" varchar(255) null, "actor_user_id" varchar(255) null, "action" varchar(255) not null, "subject_id" varchar(255) not null, "summary" text not null, "at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "audit_entry_provider_id_organization_id_index" on "audit_entry" ("provider_id", "organization_id");`);

    this.addSql(`create table "billing_account" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "billing_integration_id" varchar(255) not null, "organization_id" varchar(255) not null, "currency" char(3) not null, "stripe_customer_id" varchar(255) null, "pays_automatically" boolean not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`alter table "billing_account" add constraint "billing_account_provider_id_billing_integration_i_60ec4_unique" unique ("provider_id", "billing_integration_id", "organization_id", "currency");`);

    this.addSql(`create table "billing_credit" ("invoice_id" varchar(255) not null, "provider_id" varchar(255) not null, "product_subscription_id" varchar(255) not null, "currency" char(3) not null, "amount_minor" bigint not null, "created_at" timestamptz(3) not null, primary key ("invoice_id", "provider_id"));`);
    this.addSql(`create index "billing_credit_product_subscription_id_index" on "billing_credit" ("product_subscription_id");`);

    this.addSql(`create table "billing_integration" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "mode" varchar(255) not null, "enabled" boolean not null, "sealed_restricted_key" text not null, "restricted_key_last4" varchar(255) not null, "restricted_key_set_at" timestamptz(3) not null, "sealed_webhook_secret" text null, "webhook_secret_set_at" timestamptz(3) null, "sealed_former_webhook_secret" text null, "former_webhook_secret_ends_at" timestamptz(3) null, "customer_portal_url" text null, "last_webhook_at" timestamptz(3) null, "last_signature_failure_at" timestamptz(3) null, "health" varchar(255) not null, "checks" jsonb not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);

    this.addSql(`create table "consumer_organization" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "name" varchar(255) not null, "state" varchar(255) not null, "billing_email" varchar(255) null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "consumer_organization_marketplace_id_state_index" on "consumer_organization" ("marketplace_id", "state");`);

    this.addSql(`create table "credential" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "organization_id" varchar(255) not null, "application_id" varchar(255) not null, "name" varchar(255) not null, "type" varchar(255) not null, "state" varchar(255) not null, "suspended_by" varchar(255) null, "public_id" varchar(255) not null, "last4" varchar(255) not null, "digest" varchar(255) not null, "former_digest" varchar(255) null, "former_secret_ends_at" timestamptz(3) null, "expires_at" timestamptz(3) null, "last_used_at" timestamptz(3) null, "created_by_user_id" varchar(255) not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "credential_application_id_index" on "credential" ("application_id");`);
    this.addSql(`alter table "credential" add constraint "credential_public_id_provider_id_unique" unique ("public_id", "provider_id");`);

    this.addSql(`create table "event" ("sequence" bigserial not null, "provider_id" varchar(255) not null, "id" varchar(255) not null, "transaction_id" xid8 not null default pg_current_xact_id(), "name" varchar(255) not null, "marketplace_id" varchar(255) null, "organization_id" varchar(255) null, "subject_id" varchar(255) not null, "data" jsonb not null, "occurred_at" timestamptz(3) not null, "written_at" timestamptz(3) not null default now(), primary key ("sequence", "provider_id"));`);
    this.addSql(`create index "event_transaction_id_sequence_index" on "event" ("transaction_id", "sequence");`);
    this.addSql(`create index "event_organization_id_transaction_id_index" on "event" ("organization_id", "transaction_id");`);
    this.addSql(`create index "event_written_at_index" on "event" ("written_at");`);

    this.addSql(`create table "attempt" ("key" varchar(255) not null, "points" int not null, "expire" bigint null, primary key ("key"));`);
    this.addSql(`create index "attempt_expire_index" on "attempt" ("expire");`);

    this.addSql(`create table "gateway_token" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "name" varchar(255) not null, "last4" varchar(255) not null, "digest" varchar(255) not null, "created_at" timestamptz(3) not null, "last_used_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "gateway_token_marketplace_id_index" on "gateway_token" ("marketplace_id");`);
    this.addSql(`alter table "gateway_token" add constraint "gateway_token_digest_provider_id_unique" unique ("digest", "provider_id");`);

    this.addSql(`create table "idempotency_record" ("viewer_id" varchar(255) not null, "operation" varchar(255) not null, "key" varchar(255) not null, "input_digest" varchar(255) not null, "payload" jsonb null, "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, primary key ("viewer_id", "operation", "key"));`);
    this.addSql(`create index "idempotency_record_expires_at_index" on "idempotency_record" ("expires_at");`);

    this.addSql(`create table "invitation" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "organization_id" varchar(255) not null, "email" varchar(255) not null, "roles" text[] not null, "token_digest" varchar(255) not null, "expires_at" timestamptz(3) not null, "accepted_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, "invited_by_user_id" varchar(255) null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "invitation_token_digest_index" on "invitation" ("token_digest");`);
    this.addSql(`create index "invitation_organization_id_email_index" on "invitation" ("organization_id", "email");`);

    this.addSql(`create table "invoice" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "organization_id" varchar(255) not null, "product_subscription_id" varchar(255) not null, "plan_id" varchar(255) not null, "billing_integration_id" varchar(255) null, "number" varchar(255) null, "status" varchar(255) not null, "reason" varchar(255) not null, "period_start" timestamptz(3) not null, "period_end" timestamptz(3) not null, "currency" char(3) not null, "total_minor" bigint not null, "amount_due_minor" bigint not null, "amount_paid_minor" bigint not null, "payment_term_days" int not null, "hosted_url" text null, "hosted_url_read_at" timestamptz(3) null, "pdf_url" text null, "issued_at" timestamptz(3) null, "due_at" timestamptz(3) null, "paid_at" timestamptz(3) null, "voided_at" timestamptz(3) null, "past_due_at" timestamptz(3) null, "reminder_at" timestamptz(3) null, "payment_processing" boolean null, "payment_reported_at" timestamptz(3) null, "sync_status" varchar(255) not null, "sync_message" text null, "sync_attempts" int not null, "last_sync_attempt_at" timestamptz(3) null, "stripe_invoice_id" varchar(255) null, "stripe_seen_at" timestamptz(3) null, "stripe_asked_at" timestamptz(3) null, "created_at" timestamptz(3) not null, "version" int not null default 1, primary key ("id", "provider_id"));`);
    this.addSql(`create index "invoice_organization_id_index" on "invoice" ("organization_id");`);
    this.addSql(`create index "invoice_marketplace_id_status_index" on "invoice" ("marketplace_id", "status");`);
    this.addSql(`create index "invoice_product_subscription_id_index" on "invoice" ("product_subscription_id");`);
    this.addSql(`create index "invoice_stripe_invoice_id_index" on "invoice" ("stripe_invoice_id");`);
    this.addSql(`create index "invoice_stripe_asked_at_index" on "invoice" ("stripe_asked_at") where status in ('OPEN', 'UNCOLLECTIBLE');`);
    this.addSql(`create index "invoice_due_at_index" on "invoice" ("due_at") where status in ('OPEN', 'UNCOLLECTIBLE') and past_due_at is null;`);
    this.addSql(`create index "invoice_created_at_index" on "invoice" ("created_at") where status = 'DRAFT';`);
    this.addSql(`create index "invoice_reminder_at_index" on "invoice" ("reminder_at") where status = 'OPEN' and reminder_at is not null;`);
    this.addSql(`alter table "invoice" add constraint "invoice_once_for_each_period_and_reason" unique ("provider_id", "product_subscription_id", "reason", "period_start");`);
    this.addSql(`alter table "invoice" add constraint "invoice_total_is_not_negative" check (total_minor >= 0);`);

    this.addSql(`create table "invoice_line" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "invoice_id" varchar(255) not null, "position" int not null, "kind" varchar(255) not null, "description" text not null, "quantity" numeric not null, "unit_amount" numeric not null, "amount_minor" bigint not null, "currency" char(3) not null, "period_start" timestamptz(3) not null, "period_end" timestamptz(3) not null, "quota_id" varchar(255) null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "invoice_line_invoice_id_index" on "invoice_line" ("invoice_id");`);

    this.addSql(`create table "invoice_transition" ("invoice_id" varchar(255) not null, "position" int not null, "provider_id" varchar(255) not null, "from_status" varchar(255) null, "to_status" varchar(255) not null, "at" timestamptz(3) not null, "cause" varchar(255) not null, primary key ("invoice_id", "position", "provider_id"));`);

    this.addSql(`create table "mailed_token" ("digest" varchar(255) not null, "realm" varchar(255) not null, "purpose" varchar(255) not null, "user_id" varchar(255) not null, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, primary key ("digest"));`);
    this.addSql(`create index "mailed_token_user_id_index" on "mailed_token" ("user_id");`);

    this.addSql(`create table "marketplace" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "slug" varchar(255) not null, "name" varchar(255) not null, "description" text null, "url" text null, "visibility" varchar(255) not null, "time_zone" varchar(255) not null, "consumer_organizations_allowed" boolean not null, "self_signup_allowed" boolean not null, "signup_approval_required" boolean not null, "version" int not null default 1, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`alter table "marketplace" add constraint "marketplace_slug_unique" unique ("slug");`);

    this.addSql(`create table "marketplace_billing" ("marketplace_id" varchar(255) not null, "provider_id" varchar(255) not null, "billing_integration_id" varchar(255) not null, "enabled" boolean not null, "configured_at" timestamptz(3) not null, primary key ("marketplace_id", "provider_id"));`);
    this.addSql(`create index "marketplace_billing_billing_integration_id_index" on "marketplace_billing" ("billing_integration_id");`);

    this.addSql(`create table "membership" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "organization_id" varchar(255) not null, "user_id" varchar(255) not null, "roles" text[] not null, "joined_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "membership_user_id_index" on "membership" ("user_id");`);
    this.addSql(`alter table "membership" add constraint "membership_provider_id_organization_id_user_id_unique" unique ("provider_id", "organization_id", "user_id");`);

    this.addSql(`create table "notice" ("provider_id" varchar(255) not null, "subject_id" varchar(255) not null, "kind" varchar(255) not null, "occasion" varchar(255) not null, "posted_at" timestamptz(3) not null, primary key ("provider_id", "subject_id", "kind", "occasion"));`);

    this.addSql(`create table "plan" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "product_id" varchar(255) not null, "name" varchar(255) not null, "description" text null, "type" varchar(255) not null, "state" varchar(255) not null, "approval" varchar(255) not null, "currency" char(3) null, "base_minor" bigint null, "setup_fee_minor" bigint null, "interval" varchar(255) null, "interval_count" int null, "anchor" varchar(255) null, "features" text[] not null, "term_periods" int null, "trial_days" int not null, "payment_term_days" int not null, "grace_period_days" int not null, "cancel_when_past_due" boolean not null, "request_form" jsonb null, "version" int not null default 1, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "plan_product_id_index" on "plan" ("product_id");`);
    this.addSql(`alter table "plan" add constraint "plan_price_is_whole" check ((type = 'PAID') = (currency is not null and base_minor is not null));`);
    this.addSql(`alter table "plan" add constraint "plan_price_is_not_negative" check (base_minor >= 0 and setup_fee_minor >= 0);`);

    this.addSql(`create table "plan_visibility" ("publication_id" varchar(255) not null, "plan_id" varchar(255) not null, "provider_id" varchar(255) not null, "audience" varchar(255) not null, "organization_ids" text[] not null, primary key ("publication_id", "plan_id", "provider_id"));`);

    this.addSql(`create table "product" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "slug" varchar(255) not null, "name" varchar(255) not null, "description" text null, "icon" text null, "categories" text[] not null, "tags" text[] not null, "state" varchar(255) not null, "access_approval" varchar(255) not null, "version" int not null default 1, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`alter table "product" add constraint "product_provider_id_slug_unique" unique ("provider_id", "slug");`);

    this.addSql(`create table "product_asset" ("product_id" varchar(255) not null, "asset_id" varchar(255) not null, "provider_id" varchar(255) not null, "versions" varchar(255) not null, "position" int not null, primary key ("product_id", "asset_id", "provider_id"));`);
    this.addSql(`create index "product_asset_asset_id_index" on "product_asset" ("asset_id");`);

    this.addSql(`create table "product_release" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "product_id" varchar(255) not null, "version" varchar(255) not null, "label" varchar(255) null, "description" text null, "released_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`alter table "product_release" add constraint "product_release_provider_id_product_id_version_unique" unique ("provider_id", "product_id", "version");`);

    this.addSql(`create table "product_subscription" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "organization_id" varchar(255) not null, "product_id" varchar(255) not null, "plan_id" varchar(255) not null, "name" varchar(255) not null, "state" varchar(255) not null, "standing" varchar(255) not null, "access_closes_at" timestamptz(3) null, "decision" varchar(255) null, "decision_reason" text null, "decided_at" timestamptz(3) null, "decided_by_user_id" varchar(255) null, "anchor_at" timestamptz(3) null, "time_zone" varchar(255) not null, "period_number" int null, "period_start" timestamptz(3) null, "period_end" timestamptz(3) null, "trial_ends_at" timestamptz(3) null, "term_ends_at" timestamptz(3) null, "ends_at" timestamptz(3) null, "cancel_at_period_end" boolean not null, "scheduled_plan_id" varchar(255) null, "accepted_terms_version" int null, "answers" jsonb null, "state_reason" text null, "subscribed_by_user_id" varchar(255) not null, "created_at" timestamptz(3) not null, "started_at" timestamptz(3) null, "ended_at" timestamptz(3) null, "version" int not null default 1, primary key ("id", "provider_id"));`);
    this.addSql(`create index "product_subscription_organization_id_index" on "product_subscription" ("organization_id");`);
    this.addSql(`create index "product_subscription_marketplace_id_state_index" on "product_subscription" ("marketplace_id", "state");`);
    this.addSql(`create index "product_subscription_plan_id_index" on "product_subscription" ("plan_id");`);
    this.addSql(`create index "product_subscription_period_end_index" on "product_subscription" ("period_end");`);
    this.addSql(`create index "product_subscription_access_closes_at_index" on "product_subscription" ("access_closes_at");`);
    this.addSql(`create index "product_subscription_ends_at_index" on "product_subscription" ("ends_at") where state in ('ACTIVE', 'SUSPENDED');`);
    this.addSql(`create unique index "product_subscription_runs_once" on "product_subscription" ("provider_id", "organization_id", "plan_id") where state in ('PENDING_APPROVAL', 'ACTIVE', 'SUSPENDED');`);

    this.addSql(`create table "provider" ("id" varchar(255) not null, "name" varchar(255) not null, "created_at" timestamptz(3) not null, primary key ("id"));`);

    this.addSql(`create table "provider_invitation" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "email" varchar(255) not null, "roles" text[] not null, "token_digest" varchar(255) not null, "expires_at" timestamptz(3) not null, "accepted_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, "invited_by_user_id" varchar(255) null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "provider_invitation_token_digest_index" on "provider_invitation" ("token_digest");`);
    this.addSql(`create index "provider_invitation_provider_id_email_index" on "provider_invitation" ("provider_id", "email");`);

    this.addSql(`create table "provider_membership" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "user_id" varchar(255) not null, "roles" text[] not null, "joined_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "provider_membership_user_id_index" on "provider_membership" ("user_id");`);
    this.addSql(`alter table "provider_membership" add constraint "provider_membership_provider_id_user_id_unique" unique ("provider_id", "user_id");`);

    this.addSql(`create table "publication" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "product_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "audience" varchar(255) not null, "organization_ids" text[] not null, "published_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "publication_marketplace_id_index" on "publication" ("marketplace_id");`);
    this.addSql(`alter table "publication" add constraint "publication_provider_id_product_id_marketplace_id_unique" unique ("provider_id", "product_id", "marketplace_id");`);

    this.addSql(`create table "quota" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "plan_id" varchar(255) not null, "unit_id" varchar(255) not null, "limit_kind" varchar(255) not null, "limit_units" bigint null, "interval" varchar(255) not null, "pricing" varchar(255) not null, "unit_amount" numeric null, "package_size" bigint null, "tiers" jsonb not null, "position" int not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "quota_plan_id_index" on "quota" ("plan_id");`);

    this.addSql(`create table "quota_counter" ("product_subscription_id" varchar(255) not null, "quota_id" varchar(255) not null, "period_start" timestamptz(3) not null, "provider_id" varchar(255) not null, "period_end" timestamptz(3) not null, "used" numeric not null, "invoiced" numeric not null, "chargeable" boolean not null, "threshold_reached" int not null, primary key ("product_subscription_id", "quota_id", "period_start", "provider_id"));`);

    this.addSql(`create table "quota_resource" ("plan_id" varchar(255) not null, "resource_id" varchar(255) not null, "provider_id" varchar(255) not null, "quota_id" varchar(255) not null, primary key ("plan_id", "resource_id", "provider_id"));`);
    this.addSql(`create index "quota_resource_quota_id_index" on "quota_resource" ("quota_id");`);
    this.addSql(`create index "quota_resource_resource_id_index" on "quota_resource" ("resource_id");`);

    this.addSql(`create table "released_resource" ("release_id" varchar(255) not null, "resource_id" varchar(255) not null, "provider_id" varchar(255) not null, "base_path" varchar(255) not null, "name" varchar(255) not null, "description" text null, "api_version" varchar(255) null, "specification_id" varchar(255) null, primary key ("release_id", "resource_id", "provider_id"));`);
    this.addSql(`create index "released_resource_resource_id_index" on "released_resource" ("resource_id");`);

    this.addSql(`create table "session" ("id" varchar(255) not null, "realm" varchar(255) not null, "user_id" varchar(255) not null, "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, "ended_at" timestamptz(3) null, "end_reason" varchar(255) null, primary key ("id", "realm"));`);
    this.addSql(`create index "session_user_id_index" on "session" ("user_id");`);

    this.addSql(`create table "session_token" ("digest" varchar(255) not null, "session_id" varchar(255) not null, "realm" varchar(255) not null, "kind" varchar(255) not null, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, primary key ("digest"));`);
    this.addSql(`create index "session_token_session_id_index" on "session_token" ("session_id");`);

    this.addSql(`create table "stripe_event" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "billing_integration_id" varchar(255) not null, "event_id" varchar(255) not null, "type" varchar(255) not null, "api_version" varchar(255) null, "livemode" boolean not null, "body" text not null, "state" varchar(255) not null, "note" text null, "object_id" varchar(255) null, "received_at" timestamptz(3) not null, "handled_at" timestamptz(3) null, "next_try_at" timestamptz(3) null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "stripe_event_state_next_try_at_index" on "stripe_event" ("state", "next_try_at");`);
    this.addSql(`create index "stripe_event_object_id_index" on "stripe_event" ("object_id");`);
    this.addSql(`alter table "stripe_event" add constraint "stripe_event_provider_id_billing_integration_id_event_id_unique" unique ("provider_id", "billing_integration_id", "event_id");`);

    this.addSql(`create table "stripe_intent" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "billing_integration_id" varchar(255) not null, "subject_id" varchar(255) not null, "step" varchar(255) not null, "idempotency_key" varchar(255) not null, "state" varchar(255) not null, "attempts" int not null, "first_sent_at" timestamptz(3) null, "last_sent_at" timestamptz(3) null, "stripe_id" varchar(255) null, "request_id" varchar(255) null, "failure" text null, "key_spent" boolean not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "stripe_intent_state_last_sent_at_index" on "stripe_intent" ("state", "last_sent_at");`);
    this.addSql(`alter table "stripe_intent" add constraint "stripe_intent_provider_id_subject_id_step_idempot_12e12_unique" unique ("provider_id", "subject_id", "step", "idempotency_key");`);

    this.addSql(`create table "terms_acceptance" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "subject_id" varchar(255) not null, "version" int not null, "user_id" varchar(255) not null, "organization_id" varchar(255) null, "accepted_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`create index "terms_acceptance_provider_id_organization_id_subject_id_index" on "terms_acceptance" ("provider_id", "organization_id", "subject_id");`);

    this.addSql(`create table "terms_version" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "subject_id" varchar(255) not null, "version" int not null, "title" varchar(255) not null, "body" text null, "url" text null, "published_at" timestamptz(3) not null, "withdrawn_at" timestamptz(3) null, primary key ("id", "provider_id"));`);
    this.addSql(`alter table "terms_version" add constraint "terms_version_provider_id_subject_id_version_unique" unique ("provider_id", "subject_id", "version");`);

    this.addSql(`create table "unit" ("id" varchar(255) not null, "provider_id" varchar(255) not null, "name" varchar(255) not null, "title" varchar(255) not null, "created_at" timestamptz(3) not null, primary key ("id", "provider_id"));`);
    this.addSql(`alter table "unit" add constraint "unit_provider_id_name_unique" unique ("provider_id", "name");`);

    this.addSql(`create table "usage_record" ("provider_id" varchar(255) not null, "marketplace_id" varchar(255) not null, "reporter_id" varchar(255) not null, "organization_id" varchar(255) not null, "product_subscription_id" varchar(255) not null, "resource_id" varchar(255) not null, "quota_id" varchar(255) not null, "quantity" numeric not null, "occurred_at" timestamptz(3) not null, "reported_at" timestamptz(3) not null, primary key ("provider_id", "marketplace_id", "reporter_id"));`);
    this.addSql(`create index "usage_record_product_subscription_id_occurred_at_index" on "usage_record" ("product_subscription_id", "occurred_at");`);

    this.addSql(`create table "user_account" ("id" varchar(255) not null, "realm" varchar(255) not null, "email" varchar(255) not null, "email_verified_at" timestamptz(3) null, "password_hash" varchar(255) not null, "given_name" varchar(255) not null, "family_name" varchar(255) not null, "created_at" timestamptz(3) not null, primary key ("id", "realm"));`);
    this.addSql(`alter table "user_account" add constraint "user_account_realm_email_unique" unique ("realm", "email");`);
  }

}
