import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import pg from 'pg'
import { billingRunTask } from '../../src/billing/billing-run.reactions.js'
import { type Backend, startBackend } from '../support/backend.js'
import { givenManyDue } from '../support/renewals.js'
import { givenBilling, givenMarketplace, givenOffer, type Market, type Offer } from '../support/world.js'

const look = 20

interface Run {
  seconds: number
  rows: string
}

/**
 * One cycle that falls due for many subscriptions at once, drafted in a process that serves, beside one set-based
 * statement that writes the same rows.
 */
export async function bench({ renewals }: { renewals: number }): Promise<void> {
  const backend = await startBackend({ role: 'api' })
  const market = await givenMarketplace(backend)
  await givenBilling(market)
  const offer = await givenOffer(market)
  const database = new pg.Client({ connectionString: backend.config.databaseUrl })
  // What breaks is told by the statement that broke.
  database.on('error', () => undefined)
  await database.connect()

  await givenDue(database, market, offer, renewals)
  const { told, ...ours } = await watched(() => drafted(backend, database))
  await givenDue(database, market, offer, renewals)
  const floor = await stated(database)
  if (ours.rows !== floor.rows) throw new Error(`They did not write the same:\n${ours.rows}\n${floor.rows}`)

  const rate = ({ seconds }: Run) => `${seconds.toFixed(2)} s, ${(renewals / seconds).toFixed(0)} renewals/s`
  console.log(`billing: ${renewals} renewals that fall due at once, ${ours.rows}`)
  console.log(`  backend  ${rate(ours)}, ${told}`)
  console.log(`  floor    ${rate(floor)}`)
  console.log(`  ratio    ${(floor.seconds / ours.seconds).toFixed(3)}`)
  await database.end()
  await backend.stop()
}

/** Nothing but what falls due. */
async function givenDue(database: pg.Client, market: Market, offer: Offer, count: number): Promise<void> {
  await database.query(
    `truncate consumer_organization, product_subscription, invoice, invoice_line, invoice_transition, event,
       graphile_worker._private_jobs`,
  )
  await givenManyDue(database, market, offer, count)
  await database.query('vacuum analyze')
  await database.query('checkpoint')
}

async function drafted(backend: Backend, database: pg.Client): Promise<Run> {
  const began = performance.now()
  await backend.app.features.tasks[billingRunTask]?.()
  return { seconds: (performance.now() - began) / 1_000, rows: await rowsOf(database) }
}

/** What it costs the process that serves meanwhile. */
async function watched(run: () => Promise<Run>): Promise<Run & { told: string }> {
  global.gc?.()
  const memory = () => Math.round(process.memoryUsage().rss / 2 ** 20)
  const before = memory()
  let most = before
  const watching = setInterval(() => (most = Math.max(most, memory())), look)
  const loop = monitorEventLoopDelay({ resolution: 5 })
  loop.enable()
  const cpu = process.cpuUsage()
  const ran = await run()
  const { user, system } = process.cpuUsage(cpu)
  loop.disable()
  clearInterval(watching)
  const stall = (loop.max / 1e6).toFixed(0)
  const busy = ((user + system) / 1e6).toFixed(2)
  return {
    ...ran,
    told: `of which this process worked ${busy} s, resident ${before} MB before, ${most} MB at most, longest stall ${stall} ms`,
  }
}

/** The same rows by one statement, of values that are the same for all. */
async function stated(database: pg.Client): Promise<Run> {
  const began = performance.now()
  await database.query(statement)
  return { seconds: (performance.now() - began) / 1_000, rows: await rowsOf(database) }
}

/** How many of each were written; the jobs aside, which are few. */
async function rowsOf(database: pg.Client): Promise<string> {
  const counted = (table: string, where = 'true') => `(select count(*) from ${table} where ${where}) as ${table}`
  const { rows } = await database.query<Record<string, string>>(
    `select ${counted('product_subscription', 'period_number = 6')}, ${counted('invoice')}, ${counted('invoice_line')},
       ${counted('invoice_transition')}, ${counted('event')}`,
  )
  return Object.entries(rows[0] ?? {})
    .map(([table, count]) => `${count} ${table}`)
    .join(', ')
}

const id = (prefix: string) => `'${prefix}_' || left(replace(gen_random_uuid()::text, '-', ''), 26)`

const statement = `
  with due as (
    select s.*, p.base_minor, p.currency, p.payment_term_days, p.name as plan_name, ${id('inv')} as invoice_id,
      s.anchor_at + interval '7 months' as next_end
    from product_subscription s
    join plan p on p.id = s.plan_id and p.provider_id = s.provider_id
    where s.state in ('ACTIVE', 'SUSPENDED') and s.period_end <= now()
  ), moved as (
    update product_subscription s set period_number = s.period_number + 1, period_start = s.period_end,
      period_end = due.next_end, version = s.version + 1
    from due where s.id = due.id and s.provider_id = due.provider_id
  ), written as (
    insert into invoice (id, provider_id, marketplace_id, organization_id, product_subscription_id, plan_id,
      billing_integration_id, status, reason, period_start, period_end, currency, total_minor, amount_due_minor,
      amount_paid_minor, payment_term_days, sync_status, sync_attempts, created_at)
    select due.invoice_id, due.provider_id, due.marketplace_id, due.organization_id, due.id, due.plan_id,
      b.billing_integration_id, 'DRAFT', 'SUBSCRIPTION_CYCLE', due.period_end, due.next_end, due.currency, due.base_minor,
      due.base_minor, 0, due.payment_term_days, 'PENDING', 0, now()
    from due left join marketplace_billing b on b.marketplace_id = due.marketplace_id
    on conflict (provider_id, product_subscription_id, reason, period_start) do nothing
    returning *
  ), lines as (
    insert into invoice_line (id, provider_id, invoice_id, position, kind, description, quantity, unit_amount,
      amount_minor, currency, period_start, period_end)
    select ${id('ili')}, w.provider_id, w.id, 1, 'BASE_PRICE',
      due.plan_name || ', ' || w.period_start::date || ' to ' || w.period_end::date || ': ' ||
        (w.total_minor / 100.0)::numeric(20, 2) || ' ' || w.currency || ' a month',
      1, w.total_minor / 100.0, w.total_minor, w.currency, w.period_start, w.period_end
    from written w join due on due.invoice_id = w.id
  ), transitions as (
    insert into invoice_transition (invoice_id, position, provider_id, to_status, at, cause)
    select id, 1, provider_id, 'DRAFT', now(), 'SCHEDULE' from written
  )
  insert into event (id, name, provider_id, marketplace_id, organization_id, subject_id, data, occurred_at)
  select ${id('evt')}, 'product-subscription.renewed', provider_id, marketplace_id, organization_id, id,
    jsonb_build_object('state', state, 'previousState', state, 'standing', standing, 'previousStanding', standing), now()
  from due
  union all
  select ${id('evt')}, 'invoice.created', provider_id, marketplace_id, organization_id, id,
    jsonb_build_object('change', 'CREATED', 'status', status, 'previousStatus', null, 'reason', reason,
      'productSubscriptionId', product_subscription_id), now()
  from written`
