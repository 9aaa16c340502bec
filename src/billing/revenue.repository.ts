import { sql } from 'kysely'
import type { Currency } from '../kernel/currency.js'
import { type Money, money } from '../kernel/money.js'
import type { Period } from '../kernel/period.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import { worksAt } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'

export interface Revenue {
  period: Period
  currency: Currency
  invoiced: Money
  collected: Money
  outstanding: Money
  monthlyRecurring: Money
}

/** What a marketplace earns, for its provider's people alone. */
export class RevenueRepository {
  /**
   * By month and currency, oldest first, as far as months have begun; a currency that occurs has all the months.
   * @param now billing's
   */
  async ofMarketplace(
    reading: Reading,
    { id, providerId, timeZone }: MarketplaceRow,
    asked: Period,
    now: Date,
  ): Promise<Revenue[]> {
    if (!worksAt(reading.scope, providerId)) return []
    const [start, end, present] = [asked.start, asked.end, now].map((at) => sql`${at.toISOString()}::timestamptz`)
    const { rows } = await sql<RevenueRow>`
      with month as (
        select greatest(begins at time zone ${timeZone}, ${start}) as starts_at,
               least((begins + interval '1 month') at time zone ${timeZone}, ${end}) as ends_at
        from generate_series(
          date_trunc('month', ${start} at time zone ${timeZone}),
          least(${end}, ${present}) at time zone ${timeZone},
          interval '1 month'
        ) begins
        where begins at time zone ${timeZone} < ${end}
      ),
      own_invoice as (
        select * from invoice where provider_id = ${providerId} and marketplace_id = ${id} and status <> 'VOID'
      ),
      invoiced as (
        select starts_at, currency, sum(total_minor) as invoiced,
               sum(greatest(amount_due_minor - amount_paid_minor, 0)) filter (where status <> 'PAID') as outstanding
        from month join own_invoice on issued_at >= starts_at and issued_at < ends_at
        group by starts_at, currency
      ),
      collected as (
        select starts_at, currency, sum(amount_paid_minor) as collected
        from month join own_invoice on status = 'PAID' and paid_at >= starts_at and paid_at < ends_at
        group by starts_at, currency
      ),
      recurring as (
        select m.starts_at, p.currency, round(sum(p.base_minor * ${monthlyShare})) as monthly_recurring
        from month m
        -- As it stood at the last instant of the month, or stands now.
        cross join lateral (select least(m.ends_at - interval '1 millisecond', ${present}) as seen_at) s
        join product_subscription ps
          on ps.provider_id = ${providerId} and ps.marketplace_id = ${id}
          and ps.state in ('ACTIVE', 'CANCELED', 'EXPIRED') and ps.started_at <= s.seen_at
          and coalesce(ps.ended_at > s.seen_at, true) and coalesce(ps.trial_ends_at <= s.seen_at, true)
        join plan p on p.provider_id = ps.provider_id and p.id = ps.plan_id and p.type = 'PAID'
        group by m.starts_at, p.currency
      ),
      used as (
        select currency from invoiced union select currency from collected union select currency from recurring
      )
      select starts_at, ends_at, currency,
        coalesce(invoiced, 0)::text as invoiced, coalesce(collected, 0)::text as collected,
        coalesce(outstanding, 0)::text as outstanding, coalesce(monthly_recurring, 0)::text as monthly_recurring
      from month cross join used
      left join invoiced using (starts_at, currency)
      left join collected using (starts_at, currency)
      left join recurring using (starts_at, currency)
      order by starts_at, currency`.execute(reading.kysely)
    return rows.map(revenueOf)
  }
}

/** How many of a plan's periods are in a month, on average. */
const monthlyShare = sql`(case p.interval
  when 'DAY' then 365.2425 / 12 when 'WEEK' then 365.2425 / 84 when 'MONTH' then 1.0 else 1.0 / 12
end / p.interval_count)`

interface RevenueRow {
  starts_at: string | Date
  ends_at: string | Date
  currency: string
  invoiced: string
  collected: string
  outstanding: string
  monthly_recurring: string
}

function revenueOf(row: RevenueRow): Revenue {
  const currency = row.currency as Currency
  return {
    period: { start: new Date(row.starts_at), end: new Date(row.ends_at) },
    currency,
    invoiced: money(BigInt(row.invoiced), currency),
    collected: money(BigInt(row.collected), currency),
    outstanding: money(BigInt(row.outstanding), currency),
    monthlyRecurring: money(BigInt(row.monthly_recurring), currency),
  }
}
