import { Migration } from '@mikro-orm/migrations'

/**
 * What the policies of the tables ask about the catalog: whether a product, or a plan, is in sight of the consumer or
 * stranger who is asking. Publications and other people's subscriptions decide about it, which the asker does not see:
 * so each looks with the eyes of the backend itself, and answers yes or no. The policies are made afterwards, because they
 * name these. Databases that were made by another first migration have them already.
 */
export class Migration20261126000000_fence extends Migration {
  override name = 'Migration20261126000000_fence'

  override up(): void {
    // Who is asking was read before the eyes are changed. A statement that fails ends the transaction, and this with it.
    this.addSql(`
create or replace function fence_shows_product(product_id text, provider_id text) returns boolean language plpgsql stable as $$
declare
  asking text := current_setting('fence.kind', true);
  own_marketplace text := current_setting('fence.marketplace', true);
  own_organizations text[] := string_to_array(current_setting('fence.organizations', true), ',');
  shown boolean;
begin
  perform set_config('fence.kind', 'system', true);
  shown := exists (
    select from publication pub
    join product p on p.id = pub.product_id and p.provider_id = pub.provider_id
    join marketplace m on m.id = pub.marketplace_id and m.provider_id = pub.provider_id
    where pub.product_id = $1 and pub.provider_id = $2 and p.state in ('ACTIVE', 'DEPRECATED')
      and fence_meets_audience(asking, own_marketplace, own_organizations, m.id, m.visibility,
        pub.audience, pub.organization_ids)
  ) or (asking = 'consumer' and exists (
    select from product_subscription s
    where s.product_id = $1 and s.provider_id = $2 and s.state <> 'REJECTED'
      and s.marketplace_id = own_marketplace and s.organization_id = any (own_organizations)
  ));
  perform set_config('fence.kind', asking, true);
  return shown;
end $$`)

    this.addSql(`
create or replace function fence_shows_plan(plan_id text, product_id text, provider_id text, state text) returns boolean
language plpgsql stable as $$
declare
  asking text := current_setting('fence.kind', true);
  own_marketplace text := current_setting('fence.marketplace', true);
  own_organizations text[] := string_to_array(current_setting('fence.organizations', true), ',');
  shown boolean;
begin
  perform set_config('fence.kind', 'system', true);
  shown := $4 in ('ACTIVE', 'DEPRECATED') and exists (
    select from publication pub
    join product p on p.id = pub.product_id and p.provider_id = pub.provider_id
    join marketplace m on m.id = pub.marketplace_id and m.provider_id = pub.provider_id
    where pub.product_id = $2 and pub.provider_id = $3 and p.state in ('ACTIVE', 'DEPRECATED')
      and fence_meets_audience(asking, own_marketplace, own_organizations, m.id, m.visibility,
        pub.audience, pub.organization_ids)
      and not exists (
        select from plan_visibility v
        where v.publication_id = pub.id and v.provider_id = pub.provider_id and v.plan_id = $1
          and not (v.audience = 'EVERYONE' or asking = 'consumer'
            and (v.audience = 'SIGNED_IN' or v.organization_ids && own_organizations)))
  ) or (asking = 'consumer' and exists (
    select from product_subscription s
    where $1 in (s.plan_id, s.scheduled_plan_id) and s.provider_id = $3 and s.state <> 'REJECTED'
      and s.marketplace_id = own_marketplace and s.organization_id = any (own_organizations)
  ));
  perform set_config('fence.kind', asking, true);
  return shown;
end $$`)

    // These two look with the asker's own eyes. They are functions only so that what is in them is planned once for each
    // connection, and not with every statement that names their tables, whoever asks.
    this.addSql(`
create or replace function fence_shows_resource(resource_id text, provider_id text) returns boolean language plpgsql stable as $$
begin
  return exists (
    select from released_resource rr where rr.resource_id = $1 and rr.provider_id = $2
  ) or exists (
    select from quota_resource qr
    join product_subscription s on s.plan_id = qr.plan_id and s.provider_id = qr.provider_id
    where qr.resource_id = $1 and qr.provider_id = $2 and s.state <> 'REJECTED'
  );
end $$`)

    this.addSql(`
create or replace function fence_shows_parts_of_plan(plan_id text, provider_id text) returns boolean language plpgsql stable as $$
begin
  return exists (
    select from product_subscription s where s.plan_id = $1 and s.provider_id = $2 and s.state <> 'REJECTED'
  ) or exists (select from plan p where p.id = $1 and p.provider_id = $2);
end $$`)

    // For the first fence, which decides by them in its own words.
    this.addSql(`
create or replace function fence_publications_of(product_id text, provider_id text)
returns table (id text, marketplace_id text, audience text, organization_ids text[])
language plpgsql stable rows 2 as $$
declare
  asking text := current_setting('fence.kind', true);
begin
  perform set_config('fence.kind', 'system', true);
  return query select pub.id::text, pub.marketplace_id::text, pub.audience::text, pub.organization_ids
    from publication pub where pub.product_id = $1 and pub.provider_id = $2;
  perform set_config('fence.kind', asking, true);
end $$`)

    this.addSql(`
create or replace function fence_plan_visibility_of(publication_id text, provider_id text, plan_id text)
returns table (audience text, organization_ids text[])
language plpgsql stable rows 1 as $$
declare
  asking text := current_setting('fence.kind', true);
begin
  perform set_config('fence.kind', 'system', true);
  return query select v.audience::text, v.organization_ids
    from plan_visibility v where v.publication_id = $1 and v.provider_id = $2 and v.plan_id = $3;
  perform set_config('fence.kind', asking, true);
end $$`)

    // Whose organizations are all disabled or denied belongs to none: a protected marketplace shows nothing then.
    this.addSql(`
create or replace function fence_meets_audience(asking text, own_marketplace text, own_organizations text[], marketplace_id text,
  visibility text, audience text, organization_ids text[]) returns boolean language sql immutable
return case when asking = 'consumer' then
  marketplace_id = own_marketplace and (cardinality(own_organizations) > 0 or visibility = 'PUBLIC')
    and (audience in ('EVERYONE', 'SIGNED_IN') or organization_ids && own_organizations)
else visibility = 'PUBLIC' and audience = 'EVERYONE' end`)
  }
}
