import { createHash } from 'node:crypto';
import { Migration } from '@mikro-orm/migrations';

interface Entry {
  id: string;
  provider_id: string;
  /** All that it says, as texts, in the order in which it is digested. */
  said: Array<string | null>;
}

export class Migration20261126112249_fenced extends Migration {

  override name = 'Migration20261126112249_fenced';

  override async up(): Promise<void> {
    // Some databases were made by a first migration that did all of this already: so each step may have been taken.
    const [chain] = await this.execute(`select to_regclass('audit_chain') is not null as "isThere"`) as unknown as Array<{ isThere: boolean }>;
    if (!chain?.isThere) await this.#chainWhatWasWrittenBefore();

    this.addSql(`alter table "access_request" enable row level security;`);
    this.addSql(`alter table "access_request" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "access_request";`);
    this.addSql(`create policy "fence" on "access_request" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end);`);

    this.addSql(`alter table "api_resource" enable row level security;`);
    this.addSql(`alter table "api_resource" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "api_resource";`);
    this.addSql(`create policy "fence" on "api_resource" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and fence_shows_resource(id, provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then fence_shows_resource(id, provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "api_resource";`);
    this.addSql(`create policy "fence_deletion" on "api_resource" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "api_specification" enable row level security;`);
    this.addSql(`alter table "api_specification" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "api_specification";`);
    this.addSql(`create policy "fence" on "api_specification" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then exists (
    select from product_subscription s
    join quota_resource qr on qr.plan_id = s.plan_id and qr.provider_id = s.provider_id
    where s.provider_id = api_specification.provider_id and s.state in ('ACTIVE', 'SUSPENDED')
      and (exists (
          select from api_resource r
          where r.id = qr.resource_id and r.provider_id = qr.provider_id and r.specification_id = api_specification.id)
        or exists (
          select from released_resource rr
          where rr.resource_id = qr.resource_id and rr.provider_id = qr.provider_id
            and rr.specification_id = api_specification.id))) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "api_specification";`);
    this.addSql(`create policy "fence_deletion" on "api_specification" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "application" enable row level security;`);
    this.addSql(`alter table "application" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "application";`);
    this.addSql(`create policy "fence" on "application" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end);`);

    this.addSql(`alter table "asset" enable row level security;`);
    this.addSql(`alter table "asset" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "asset";`);
    this.addSql(`create policy "fence" on "asset" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and exists (select from product_asset pa where pa.asset_id = asset.id and pa.provider_id = asset.provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then exists (select from product_asset pa where pa.asset_id = asset.id and pa.provider_id = asset.provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "asset";`);
    this.addSql(`create policy "fence_deletion" on "asset" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "asset_release" enable row level security;`);
    this.addSql(`alter table "asset_release" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "asset_release";`);
    this.addSql(`create policy "fence" on "asset_release" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and exists (
    select from product_asset pa
    where pa.asset_id = asset_release.asset_id and pa.provider_id = asset_release.provider_id
      and case when right(pa.versions, 1) = '*'
        then starts_with(asset_release.version, left(pa.versions, -1)) else asset_release.version = pa.versions end) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then exists (
    select from product_asset pa
    where pa.asset_id = asset_release.asset_id and pa.provider_id = asset_release.provider_id
      and case when right(pa.versions, 1) = '*'
        then starts_with(asset_release.version, left(pa.versions, -1)) else asset_release.version = pa.versions end) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "asset_release";`);
    this.addSql(`create policy "fence_deletion" on "asset_release" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "audit_entry" drop constraint if exists "audit_entry_provider_id_sequence_unique";`);
    this.addSql(`alter table "audit_entry" add constraint "audit_entry_provider_id_sequence_unique" unique ("provider_id", "sequence");`);
    this.addSql(`create or replace function "audit_entry_audit_entry_stays_fn"() returns trigger as \$\$ begin raise exception 'The audit log is only ever added to.' using errcode = 'insufficient_privilege'; end; \$\$ language plpgsql;`);
    this.addSql(`create or replace trigger "audit_entry_stays" BEFORE UPDATE OR DELETE on "audit_entry" for each ROW execute function "audit_entry_audit_entry_stays_fn"();`);
    this.addSql(`create or replace function "audit_entry_audit_entry_is_not_emptied_fn"() returns trigger as \$\$ begin raise exception 'The audit log is only ever added to.' using errcode = 'insufficient_privilege'; end; \$\$ language plpgsql;`);
    this.addSql(`create or replace trigger "audit_entry_is_not_emptied" BEFORE TRUNCATE on "audit_entry" for each STATEMENT execute function "audit_entry_audit_entry_is_not_emptied_fn"();`);
    this.addSql(`alter table "audit_entry" enable row level security;`);
    this.addSql(`alter table "audit_entry" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "audit_entry";`);
    this.addSql(`create policy "fence" on "audit_entry" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.administered', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "audit_entry";`);
    this.addSql(`create policy "fence_deletion" on "audit_entry" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "billing_account" enable row level security;`);
    this.addSql(`alter table "billing_account" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "billing_account";`);
    this.addSql(`create policy "fence" on "billing_account" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "billing_account";`);
    this.addSql(`create policy "fence_deletion" on "billing_account" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "billing_credit" enable row level security;`);
    this.addSql(`alter table "billing_credit" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "billing_credit";`);
    this.addSql(`create policy "fence" on "billing_credit" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "billing_integration" enable row level security;`);
    this.addSql(`alter table "billing_integration" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "billing_integration";`);
    this.addSql(`create policy "fence" on "billing_integration" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.managed', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.managed', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "consumer_organization" enable row level security;`);
    this.addSql(`alter table "consumer_organization" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "consumer_organization";`);
    this.addSql(`create policy "fence" on "consumer_organization" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end);`);

    this.addSql(`alter table "credential" enable row level security;`);
    this.addSql(`alter table "credential" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "credential";`);
    this.addSql(`create policy "fence" on "credential" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) and public_id = any ((select string_to_array(current_setting('fence.presented', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "credential";`);
    this.addSql(`create policy "fence_deletion" on "credential" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "event" enable row level security;`);
    this.addSql(`alter table "event" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "event";`);
    this.addSql(`create policy "fence" on "event" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "attempt" enable row level security;`);
    this.addSql(`alter table "attempt" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "attempt";`);
    this.addSql(`create policy "fence" on "attempt" using (true) with check (true);`);

    this.addSql(`alter table "gateway_token" enable row level security;`);
    this.addSql(`alter table "gateway_token" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "gateway_token";`);
    this.addSql(`create policy "fence" on "gateway_token" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.managed', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.managed', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "idempotency_record" enable row level security;`);
    this.addSql(`alter table "idempotency_record" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "idempotency_record";`);
    this.addSql(`create policy "fence" on "idempotency_record" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then viewer_id = (select current_setting('fence.user', true)) when 'consumer' then viewer_id = (select current_setting('fence.user', true)) when 'gateway' then viewer_id = (select current_setting('fence.user', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then viewer_id = (select current_setting('fence.user', true)) when 'consumer' then viewer_id = (select current_setting('fence.user', true)) when 'gateway' then viewer_id = (select current_setting('fence.user', true)) else false end);`);

    this.addSql(`alter table "invitation" enable row level security;`);
    this.addSql(`alter table "invitation" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "invitation";`);
    this.addSql(`create policy "fence" on "invitation" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.administered', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.administered', true), ','))::text[]) else false end);`);

    this.addSql(`drop index if exists "invoice_created_at_index";`);
    this.addSql(`drop index if exists "invoice_stripe_invoice_id_index";`);
    this.addSql(`drop index if exists "invoice_billing_integration_id_id_index";`);
    this.addSql(`create index "invoice_billing_integration_id_id_index" on "invoice" ("billing_integration_id", "id") where status = 'DRAFT';`);
    this.addSql(`drop index if exists "invoice_stripe_invoice_id_index";`);
    this.addSql(`create index "invoice_stripe_invoice_id_index" on "invoice" ("stripe_invoice_id") where stripe_invoice_id is not null;`);
    this.addSql(`alter table "invoice" enable row level security;`);
    this.addSql(`alter table "invoice" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "invoice";`);
    this.addSql(`create policy "fence" on "invoice" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.billed', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "invoice";`);
    this.addSql(`create policy "fence_deletion" on "invoice" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "invoice_line" enable row level security;`);
    this.addSql(`alter table "invoice_line" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "invoice_line";`);
    this.addSql(`create policy "fence" on "invoice_line" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then exists (select from invoice i where i.id = invoice_id and i.provider_id = invoice_line.provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "invoice_line";`);
    this.addSql(`create policy "fence_deletion" on "invoice_line" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "invoice_transition" enable row level security;`);
    this.addSql(`alter table "invoice_transition" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "invoice_transition";`);
    this.addSql(`create policy "fence" on "invoice_transition" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then exists (select from invoice i where i.id = invoice_id and i.provider_id = invoice_transition.provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "invoice_transition";`);
    this.addSql(`create policy "fence_deletion" on "invoice_transition" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "mailed_token" enable row level security;`);
    this.addSql(`alter table "mailed_token" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "mailed_token";`);
    this.addSql(`create policy "fence" on "mailed_token" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "marketplace" enable row level security;`);
    this.addSql(`alter table "marketplace" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "marketplace";`);
    this.addSql(`create policy "fence" on "marketplace" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then true when 'consumer' then true when 'gateway' then id = (select current_setting('fence.marketplace', true)) when 'anonymous' then true else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "marketplace";`);
    this.addSql(`create policy "fence_deletion" on "marketplace" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "marketplace_billing" enable row level security;`);
    this.addSql(`alter table "marketplace_billing" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "marketplace_billing";`);
    this.addSql(`create policy "fence" on "marketplace_billing" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.managed', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.managed', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "membership" enable row level security;`);
    this.addSql(`alter table "membership" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "membership";`);
    this.addSql(`create policy "fence" on "membership" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "notice" enable row level security;`);
    this.addSql(`alter table "notice" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "notice";`);
    this.addSql(`create policy "fence" on "notice" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "plan" enable row level security;`);
    this.addSql(`alter table "plan" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "plan";`);
    this.addSql(`create policy "fence" on "plan" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and fence_shows_plan(id, product_id, provider_id, state) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then fence_shows_plan(id, product_id, provider_id, state) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "plan";`);
    this.addSql(`create policy "fence_deletion" on "plan" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "plan_visibility" enable row level security;`);
    this.addSql(`alter table "plan_visibility" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "plan_visibility";`);
    this.addSql(`create policy "fence" on "plan_visibility" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "product" enable row level security;`);
    this.addSql(`alter table "product" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "product";`);
    this.addSql(`create policy "fence" on "product" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and fence_shows_product(id, provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then fence_shows_product(id, provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "product";`);
    this.addSql(`create policy "fence_deletion" on "product" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "product_asset" enable row level security;`);
    this.addSql(`alter table "product_asset" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "product_asset";`);
    this.addSql(`create policy "fence" on "product_asset" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and fence_shows_product(product_id, provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then fence_shows_product(product_id, provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "product_asset";`);
    this.addSql(`create policy "fence_deletion" on "product_asset" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "product_release" enable row level security;`);
    this.addSql(`alter table "product_release" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "product_release";`);
    this.addSql(`create policy "fence" on "product_release" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and fence_shows_product(product_id, provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then fence_shows_product(product_id, provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "product_release";`);
    this.addSql(`create policy "fence_deletion" on "product_release" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`drop index if exists "product_subscription_access_closes_at_index";`);
    this.addSql(`drop index if exists "product_subscription_ends_at_index";`);
    this.addSql(`drop index if exists "product_subscription_access_closes_at_index";`);
    this.addSql(`create index "product_subscription_access_closes_at_index" on "product_subscription" ("access_closes_at") where access_closes_at is not null;`);
    this.addSql(`drop index if exists "product_subscription_ends_at_index";`);
    this.addSql(`create index "product_subscription_ends_at_index" on "product_subscription" ("ends_at") where state in ('ACTIVE', 'SUSPENDED') and ends_at is not null;`);
    this.addSql(`alter table "product_subscription" enable row level security;`);
    this.addSql(`alter table "product_subscription" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "product_subscription";`);
    this.addSql(`create policy "fence" on "product_subscription" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end);`);

    this.addSql(`alter table "provider" enable row level security;`);
    this.addSql(`alter table "provider" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "provider";`);
    this.addSql(`create policy "fence" on "provider" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "provider_invitation" enable row level security;`);
    this.addSql(`alter table "provider_invitation" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "provider_invitation";`);
    this.addSql(`create policy "fence" on "provider_invitation" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "provider_membership" enable row level security;`);
    this.addSql(`alter table "provider_membership" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "provider_membership";`);
    this.addSql(`create policy "fence" on "provider_membership" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "publication" enable row level security;`);
    this.addSql(`alter table "publication" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "publication";`);
    this.addSql(`create policy "fence" on "publication" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "quota" enable row level security;`);
    this.addSql(`alter table "quota" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "quota";`);
    this.addSql(`create policy "fence" on "quota" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and fence_shows_parts_of_plan(plan_id, provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then fence_shows_parts_of_plan(plan_id, provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "quota";`);
    this.addSql(`create policy "fence_deletion" on "quota" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "quota_counter" enable row level security;`);
    this.addSql(`alter table "quota_counter" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "quota_counter";`);
    this.addSql(`create policy "fence" on "quota_counter" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then exists (
    select from product_subscription s
    where s.id = product_subscription_id and s.provider_id = quota_counter.provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and exists (
    select from product_subscription s
    where s.id = product_subscription_id and s.provider_id = quota_counter.provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and exists (
    select from product_subscription s
    where s.id = product_subscription_id and s.provider_id = quota_counter.provider_id) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "quota_counter";`);
    this.addSql(`create policy "fence_deletion" on "quota_counter" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and exists (
    select from product_subscription s
    where s.id = product_subscription_id and s.provider_id = quota_counter.provider_id) else false end);`);

    this.addSql(`alter table "quota_resource" enable row level security;`);
    this.addSql(`alter table "quota_resource" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "quota_resource";`);
    this.addSql(`create policy "fence" on "quota_resource" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and fence_shows_parts_of_plan(plan_id, provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then fence_shows_parts_of_plan(plan_id, provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "quota_resource";`);
    this.addSql(`create policy "fence_deletion" on "quota_resource" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "released_resource" enable row level security;`);
    this.addSql(`alter table "released_resource" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "released_resource";`);
    this.addSql(`create policy "fence" on "released_resource" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and exists (
    select from asset_release r where r.id = release_id and r.provider_id = released_resource.provider_id) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then exists (
    select from asset_release r where r.id = release_id and r.provider_id = released_resource.provider_id) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "released_resource";`);
    this.addSql(`create policy "fence_deletion" on "released_resource" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "session" enable row level security;`);
    this.addSql(`alter table "session" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "session";`);
    this.addSql(`create policy "fence" on "session" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then user_id = (select current_setting('fence.user', true)) when 'consumer' then user_id = (select current_setting('fence.user', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "session";`);
    this.addSql(`create policy "fence_deletion" on "session" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "session_token" enable row level security;`);
    this.addSql(`alter table "session_token" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "session_token";`);
    this.addSql(`create policy "fence" on "session_token" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`drop index if exists "stripe_event_object_id_index";`);
    this.addSql(`alter table "stripe_event" enable row level security;`);
    this.addSql(`alter table "stripe_event" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "stripe_event";`);
    this.addSql(`create policy "fence" on "stripe_event" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "stripe_intent" enable row level security;`);
    this.addSql(`alter table "stripe_intent" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "stripe_intent";`);
    this.addSql(`create policy "fence" on "stripe_intent" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "terms_acceptance" enable row level security;`);
    this.addSql(`alter table "terms_acceptance" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "terms_acceptance";`);
    this.addSql(`create policy "fence" on "terms_acceptance" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and user_id = (select current_setting('fence.user', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and user_id = (select current_setting('fence.user', true)) else false end);`);

    this.addSql(`alter table "terms_version" enable row level security;`);
    this.addSql(`alter table "terms_version" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "terms_version";`);
    this.addSql(`create policy "fence" on "terms_version" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then (provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) or (exists (select from marketplace m where m.id = subject_id) or fence_shows_product(subject_id, provider_id))) when 'consumer' then (exists (select from marketplace m where m.id = subject_id) or fence_shows_product(subject_id, provider_id)) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'anonymous' then (exists (select from marketplace m where m.id = subject_id) or fence_shows_product(subject_id, provider_id)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "terms_version";`);
    this.addSql(`create policy "fence_deletion" on "terms_version" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "unit" enable row level security;`);
    this.addSql(`alter table "unit" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "unit";`);
    this.addSql(`create policy "fence" on "unit" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);
    this.addSql(`drop policy if exists "fence_deletion" on "unit";`);
    this.addSql(`create policy "fence_deletion" on "unit" as restrictive for delete using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) else false end);`);

    this.addSql(`alter table "usage_record" enable row level security;`);
    this.addSql(`alter table "usage_record" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "usage_record";`);
    this.addSql(`create policy "fence" on "usage_record" using (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true when 'provider' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) when 'consumer' then marketplace_id = (select current_setting('fence.marketplace', true)) and organization_id = any ((select string_to_array(current_setting('fence.organizations', true), ','))::text[]) when 'gateway' then provider_id = any ((select string_to_array(current_setting('fence.providers', true), ','))::text[]) and marketplace_id = (select current_setting('fence.marketplace', true)) else false end);`);

    this.addSql(`alter table "user_account" enable row level security;`);
    this.addSql(`alter table "user_account" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "user_account";`);
    this.addSql(`create policy "fence" on "user_account" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);

    this.addSql(`alter table "audit_chain" enable row level security;`);
    this.addSql(`alter table "audit_chain" force row level security;`);
    this.addSql(`drop policy if exists "fence" on "audit_chain";`);
    this.addSql(`create policy "fence" on "audit_chain" using (case (select current_setting('fence.kind', true)) when 'system' then true  else false end) with check (case (select current_setting('fence.kind', true)) when 'system' then true  else false end);`);
  }

  /**
   * Ties the entries that the audit log has already to each other, before it is closed to every change. How an entry is
   * digested stands here once more, as it was when this was written.
   */
  async #chainWhatWasWrittenBefore(): Promise<void> {
    await this.execute(`create table "audit_chain" ("provider_id" varchar(255) not null, "sequence" bigint not null, "digest" varchar(255) not null, primary key ("provider_id"));`);
    await this.execute(`alter table "audit_entry" add "sequence" bigint null, add "request_id" varchar(255) null, add "former_digest" varchar(255) null, add "digest" varchar(255) null;`);
    const entries = await this.execute(`
      select id, provider_id, json_build_array(marketplace_id, organization_id, actor_user_id, null, action, subject_id,
        summary, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as said
      from audit_entry order by provider_id, id`) as unknown as Entry[];
    const ends = new Map<string, { sequence: number; digest: string }>();
    for (const { id, provider_id: providerId, said: [marketplaceId, organizationId, ...more] } of entries) {
      const former = ends.get(providerId) ?? { sequence: 0, digest: '0'.repeat(64) };
      const sequence = former.sequence + 1;
      const said = [providerId, String(sequence), former.digest, id, marketplaceId, organizationId, ...more];
      const digest = createHash('sha256').update(JSON.stringify(said)).digest('hex');
      await this.execute(`update audit_entry set sequence = ?, former_digest = ?, digest = ? where provider_id = ? and id = ?`, [sequence, former.digest, digest, providerId, id]);
      ends.set(providerId, { sequence, digest });
    }
    for (const [providerId, { sequence, digest }] of ends) {
      await this.execute(`insert into audit_chain (provider_id, sequence, digest) values (?, ?, ?)`, [providerId, sequence, digest]);
    }
    await this.execute(`alter table "audit_entry" alter column "sequence" set not null, alter column "former_digest" set not null, alter column "digest" set not null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "audit_chain" cascade;`);

    this.addSql(`drop policy "fence" on "access_request";`);

    this.addSql(`drop policy "fence" on "api_resource";`);
    this.addSql(`drop policy "fence_deletion" on "api_resource";`);

    this.addSql(`drop policy "fence" on "api_specification";`);
    this.addSql(`drop policy "fence_deletion" on "api_specification";`);

    this.addSql(`drop policy "fence" on "application";`);

    this.addSql(`drop policy "fence" on "asset";`);
    this.addSql(`drop policy "fence_deletion" on "asset";`);

    this.addSql(`drop policy "fence" on "asset_release";`);
    this.addSql(`drop policy "fence_deletion" on "asset_release";`);

    this.addSql(`drop policy "fence" on "attempt";`);

    this.addSql(`drop policy "fence" on "audit_entry";`);
    this.addSql(`drop policy "fence_deletion" on "audit_entry";`);

    this.addSql(`drop policy "fence" on "billing_account";`);
    this.addSql(`drop policy "fence_deletion" on "billing_account";`);

    this.addSql(`drop policy "fence" on "billing_credit";`);

    this.addSql(`drop policy "fence" on "billing_integration";`);

    this.addSql(`drop policy "fence" on "consumer_organization";`);

    this.addSql(`drop policy "fence" on "credential";`);
    this.addSql(`drop policy "fence_deletion" on "credential";`);

    this.addSql(`drop policy "fence" on "event";`);

    this.addSql(`drop policy "fence" on "gateway_token";`);

    this.addSql(`drop policy "fence" on "idempotency_record";`);

    this.addSql(`drop policy "fence" on "invitation";`);

    this.addSql(`drop policy "fence" on "invoice";`);
    this.addSql(`drop policy "fence_deletion" on "invoice";`);

    this.addSql(`drop policy "fence" on "invoice_line";`);
    this.addSql(`drop policy "fence_deletion" on "invoice_line";`);

    this.addSql(`drop policy "fence" on "invoice_transition";`);
    this.addSql(`drop policy "fence_deletion" on "invoice_transition";`);

    this.addSql(`drop policy "fence" on "mailed_token";`);

    this.addSql(`drop policy "fence" on "marketplace";`);
    this.addSql(`drop policy "fence_deletion" on "marketplace";`);

    this.addSql(`drop policy "fence" on "marketplace_billing";`);

    this.addSql(`drop policy "fence" on "membership";`);

    this.addSql(`drop policy "fence" on "notice";`);

    this.addSql(`drop policy "fence" on "plan";`);
    this.addSql(`drop policy "fence_deletion" on "plan";`);

    this.addSql(`drop policy "fence" on "plan_visibility";`);

    this.addSql(`drop policy "fence" on "product";`);
    this.addSql(`drop policy "fence_deletion" on "product";`);

    this.addSql(`drop policy "fence" on "product_asset";`);
    this.addSql(`drop policy "fence_deletion" on "product_asset";`);

    this.addSql(`drop policy "fence" on "product_release";`);
    this.addSql(`drop policy "fence_deletion" on "product_release";`);

    this.addSql(`drop policy "fence" on "product_subscription";`);

    this.addSql(`drop policy "fence" on "provider";`);

    this.addSql(`drop policy "fence" on "provider_invitation";`);

    this.addSql(`drop policy "fence" on "provider_membership";`);

    this.addSql(`drop policy "fence" on "publication";`);

    this.addSql(`drop policy "fence" on "quota";`);
    this.addSql(`drop policy "fence_deletion" on "quota";`);

    this.addSql(`drop policy "fence" on "quota_counter";`);
    this.addSql(`drop policy "fence_deletion" on "quota_counter";`);

    this.addSql(`drop policy "fence" on "quota_resource";`);
    this.addSql(`drop policy "fence_deletion" on "quota_resource";`);

    this.addSql(`drop policy "fence" on "released_resource";`);
    this.addSql(`drop policy "fence_deletion" on "released_resource";`);

    this.addSql(`drop policy "fence" on "session";`);
    this.addSql(`drop policy "fence_deletion" on "session";`);

    this.addSql(`drop policy "fence" on "session_token";`);

    this.addSql(`drop policy "fence" on "stripe_event";`);

    this.addSql(`drop policy "fence" on "stripe_intent";`);

    this.addSql(`drop policy "fence" on "terms_acceptance";`);

    this.addSql(`drop policy "fence" on "terms_version";`);
    this.addSql(`drop policy "fence_deletion" on "terms_version";`);

    this.addSql(`drop policy "fence" on "unit";`);
    this.addSql(`drop policy "fence_deletion" on "unit";`);

    this.addSql(`drop policy "fence" on "usage_record";`);

    this.addSql(`drop policy "fence" on "user_account";`);

    this.addSql(`alter table "access_request" no force row level security;`);
    this.addSql(`alter table "access_request" disable row level security;`);

    this.addSql(`alter table "api_resource" no force row level security;`);
    this.addSql(`alter table "api_resource" disable row level security;`);

    this.addSql(`alter table "api_specification" no force row level security;`);
    this.addSql(`alter table "api_specification" disable row level security;`);

    this.addSql(`alter table "application" no force row level security;`);
    this.addSql(`alter table "application" disable row level security;`);

    this.addSql(`alter table "asset" no force row level security;`);
    this.addSql(`alter table "asset" disable row level security;`);

    this.addSql(`alter table "asset_release" no force row level security;`);
    this.addSql(`alter table "asset_release" disable row level security;`);

    this.addSql(`alter table "attempt" no force row level security;`);
    this.addSql(`alter table "attempt" disable row level security;`);

    this.addSql(`alter table "audit_entry" drop constraint "audit_entry_provider_id_sequence_unique";`);
    this.addSql(`drop trigger if exists "audit_entry_stays" on "audit_entry";`);
    this.addSql(`drop function if exists "audit_entry_audit_entry_stays_fn"();`);
    this.addSql(`drop trigger if exists "audit_entry_is_not_emptied" on "audit_entry";`);
    this.addSql(`drop function if exists "audit_entry_audit_entry_is_not_emptied_fn"();`);
    this.addSql(`alter table "audit_entry" drop column "sequence", drop column "request_id", drop column "former_digest", drop column "digest";`);
    this.addSql(`alter table "audit_entry" no force row level security;`);
    this.addSql(`alter table "audit_entry" disable row level security;`);

    this.addSql(`alter table "billing_account" no force row level security;`);
    this.addSql(`alter table "billing_account" disable row level security;`);

    this.addSql(`alter table "billing_credit" no force row level security;`);
    this.addSql(`alter table "billing_credit" disable row level security;`);

    this.addSql(`alter table "billing_integration" no force row level security;`);
    this.addSql(`alter table "billing_integration" disable row level security;`);

    this.addSql(`alter table "consumer_organization" no force row level security;`);
    this.addSql(`alter table "consumer_organization" disable row level security;`);

    this.addSql(`alter table "credential" no force row level security;`);
    this.addSql(`alter table "credential" disable row level security;`);

    this.addSql(`alter table "event" no force row level security;`);
    this.addSql(`alter table "event" disable row level security;`);

    this.addSql(`alter table "gateway_token" no force row level security;`);
    this.addSql(`alter table "gateway_token" disable row level security;`);

    this.addSql(`alter table "idempotency_record" no force row level security;`);
    this.addSql(`alter table "idempotency_record" disable row level security;`);

    this.addSql(`alter table "invitation" no force row level security;`);
    this.addSql(`alter table "invitation" disable row level security;`);

    this.addSql(`drop index "invoice_billing_integration_id_id_index";`);
    this.addSql(`drop index "invoice_stripe_invoice_id_index";`);
    this.addSql(`create index "invoice_created_at_index" on "invoice" ("created_at") where status = 'DRAFT';`);
    this.addSql(`create index "invoice_stripe_invoice_id_index" on "invoice" ("stripe_invoice_id");`);
    this.addSql(`alter table "invoice" no force row level security;`);
    this.addSql(`alter table "invoice" disable row level security;`);

    this.addSql(`alter table "invoice_line" no force row level security;`);
    this.addSql(`alter table "invoice_line" disable row level security;`);

    this.addSql(`alter table "invoice_transition" no force row level security;`);
    this.addSql(`alter table "invoice_transition" disable row level security;`);

    this.addSql(`alter table "mailed_token" no force row level security;`);
    this.addSql(`alter table "mailed_token" disable row level security;`);

    this.addSql(`alter table "marketplace" no force row level security;`);
    this.addSql(`alter table "marketplace" disable row level security;`);

    this.addSql(`alter table "marketplace_billing" no force row level security;`);
    this.addSql(`alter table "marketplace_billing" disable row level security;`);

    this.addSql(`alter table "membership" no force row level security;`);
    this.addSql(`alter table "membership" disable row level security;`);

    this.addSql(`alter table "notice" no force row level security;`);
    this.addSql(`alter table "notice" disable row level security;`);

    this.addSql(`alter table "plan" no force row level security;`);
    this.addSql(`alter table "plan" disable row level security;`);

    this.addSql(`alter table "plan_visibility" no force row level security;`);
    this.addSql(`alter table "plan_visibility" disable row level security;`);

    this.addSql(`alter table "product" no force row level security;`);
    this.addSql(`alter table "product" disable row level security;`);

    this.addSql(`alter table "product_asset" no force row level security;`);
    this.addSql(`alter table "product_asset" disable row level security;`);

    this.addSql(`alter table "product_release" no force row level security;`);
    this.addSql(`alter table "product_release" disable row level security;`);

    this.addSql(`drop index "product_subscription_access_closes_at_index";`);
    this.addSql(`drop index "product_subscription_ends_at_index";`);
    this.addSql(`create index "product_subscription_access_closes_at_index" on "product_subscription" ("access_closes_at");`);
    this.addSql(`create index "product_subscription_ends_at_index" on "product_subscription" ("ends_at") where state in ('ACTIVE', 'SUSPENDED');`);
    this.addSql(`alter table "product_subscription" no force row level security;`);
    this.addSql(`alter table "product_subscription" disable row level security;`);

    this.addSql(`alter table "provider" no force row level security;`);
    this.addSql(`alter table "provider" disable row level security;`);

    this.addSql(`alter table "provider_invitation" no force row level security;`);
    this.addSql(`alter table "provider_invitation" disable row level security;`);

    this.addSql(`alter table "provider_membership" no force row level security;`);
    this.addSql(`alter table "provider_membership" disable row level security;`);

    this.addSql(`alter table "publication" no force row level security;`);
    this.addSql(`alter table "publication" disable row level security;`);

    this.addSql(`alter table "quota" no force row level security;`);
    this.addSql(`alter table "quota" disable row level security;`);

    this.addSql(`alter table "quota_counter" no force row level security;`);
    this.addSql(`alter table "quota_counter" disable row level security;`);

    this.addSql(`alter table "quota_resource" no force row level security;`);
    this.addSql(`alter table "quota_resource" disable row level security;`);

    this.addSql(`alter table "released_resource" no force row level security;`);
    this.addSql(`alter table "released_resource" disable row level security;`);

    this.addSql(`alter table "session" no force row level security;`);
    this.addSql(`alter table "session" disable row level security;`);

    this.addSql(`alter table "session_token" no force row level security;`);
    this.addSql(`alter table "session_token" disable row level security;`);

    this.addSql(`create index "stripe_event_object_id_index" on "stripe_event" ("object_id");`);
    this.addSql(`alter table "stripe_event" no force row level security;`);
    this.addSql(`alter table "stripe_event" disable row level security;`);

    this.addSql(`alter table "stripe_intent" no force row level security;`);
    this.addSql(`alter table "stripe_intent" disable row level security;`);

    this.addSql(`alter table "terms_acceptance" no force row level security;`);
    this.addSql(`alter table "terms_acceptance" disable row level security;`);

    this.addSql(`alter table "terms_version" no force row level security;`);
    this.addSql(`alter table "terms_version" disable row level security;`);

    this.addSql(`alter table "unit" no force row level security;`);
    this.addSql(`alter table "unit" disable row level security;`);

    this.addSql(`alter table "usage_record" no force row level security;`);
    this.addSql(`alter table "usage_record" disable row level security;`);

    this.addSql(`alter table "user_account" no force row level security;`);
    this.addSql(`alter table "user_account" disable row level security;`);
  }

}
