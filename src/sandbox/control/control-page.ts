import type { Engine } from '../engine/engine.js'
import type { Faults } from '../faults/faults.js'
import { formatAmount } from '../ledger/currencies.js'
import type { Delivery, Invoice } from '../ledger/records.js'
import { document, Html, html, scrolling } from '../pages/html.js'
import { hostedPath } from '../render/hosted-url.js'
import type { Settings } from '../settings.js'
import type { LoggedRequest, RequestLog } from './request-log.js'

const shown = 25
const tones = { pending: 'soft', delivered: 'good', failed: 'bad' }
const jumps = { PT1H: '1 hour', P1D: '1 day', P4D: '4 days', P1M: '1 month', P1Y: '1 year' }

interface Parts {
  readonly engine: Engine
  readonly settings: Settings
  readonly faults: Faults
  readonly log: RequestLog
}

function lastOf<T>(rows: Iterable<T>): T[] {
  return [...rows].slice(-shown).reverse()
}

function invoiceRow(invoice: Invoice, now: number): Html {
  const name =
    invoice.token === null
      ? html`<code>${invoice.id}</code>`
      : html`<a href="${hostedPath(invoice, now)}">${invoice.number ?? invoice.id}</a>`
  return html`<tr><td>${name}</td><td>${invoice.addressee.name ?? html`<code>${invoice.customer}</code>`}</td><td>${invoice.status}</td>
    <td class="number">${formatAmount(invoice.amount_due, invoice.currency)}</td></tr>`
}

function deliveryRow(delivery: Delivery, url: string): Html {
  const last = delivery.attempts.at(-1)
  const result = last ? (last.status ?? last.error ?? '') : ''
  return html`<tr><td>${delivery.event_type}<br><code class="soft">${delivery.event}</code></td><td><code>${url}</code></td>
    <td class="${tones[delivery.state]}">${delivery.state}</td><td>${result}</td>
    <td class="number">${delivery.attempts.length}</td>
    <td><button data-post="/_sandbox/deliveries/${delivery.id}/resend">Send again<span class="unseen">:
      ${delivery.event_type} of ${delivery.object}</span></button></td></tr>`
}

function requestRow(request: LoggedRequest): Html {
  return html`<tr><td>${request.at.slice(11, 23)}</td><td>${request.method}</td><td><code>${request.path}</code></td>
    <td class="${(request.status ?? 0) < 400 ? 'good' : 'bad'}">${request.status ?? 'cut'}</td>
    <td class="number">${request.latency_ms} ms</td><td><code class="soft">${request.id}</code></td></tr>`
}

interface Column {
  readonly name: string
  readonly shape?: 'number' | 'unseen'
}

function table(title: string, columns: readonly Column[], rows: readonly Html[]): Html {
  const head = columns.map(({ name, shape }) =>
    shape === 'unseen'
      ? html`<th scope="col"><span class="unseen">${name}</span></th>`
      : html`<th scope="col" class="${shape ?? ''}">${name}</th>`,
  )
  const body = rows.length > 0 ? rows : html`<tr><td colspan="${columns.length}" class="soft">Nothing yet</td></tr>`
  const whole = html`<table><thead><tr>${head}</tr></thead><tbody data-live="${title}">${body}</tbody></table>`
  return html`<div class="card"><h2>${title}</h2>${scrolling(title, whole)}</div>`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

// Everything a button does is a request that a test may make as well; afterwards the page is read anew.
const script = new Html(`<script>
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('button[data-post]')
    if (!button) return
    button.disabled = true
    try {
      const answer = await fetch(button.dataset.post, { method: 'POST', body: button.dataset.body || '' })
      if (!answer.ok) alert((await answer.json()).error.message)
      await renew()
    } catch {
      alert('The sandbox does not answer.')
    } finally {
      button.disabled = false
    }
  })
  const renew = async () => {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html')
    // What has not changed is left alone, so that text can be selected and a button keeps its focus.
    for (const part of document.querySelectorAll('[data-live]')) {
      const now = page.querySelector('[data-live="' + part.dataset.live + '"]')
      if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML
    }
  }
  setInterval(() => { if (!document.hidden) renew().catch(() => {}) }, 1000)
</script>`)

/** A look inside, and the few things that one wants to do by hand. */
export function controlPage({ engine, settings, faults, log }: Parts): string {
  const { invoices, deliveries, webhook_endpoints, customers, events } = engine.state.tables
  const urlOf = (delivery: Delivery) => webhook_endpoints.get(delivery.endpoint)?.url ?? 'gone'
  const now = new Date(engine.clock.now).toISOString()
  const counts = [
    counted(customers.size, 'customer'),
    counted(invoices.size, 'invoice'),
    counted(events.size, 'event'),
    counted(webhook_endpoints.size, 'endpoint'),
    counted(faults.rules.length, 'fault'),
  ]
  const clock = html`<div class="card"><h1>Stripe sandbox</h1>
    <p data-live="clock">Its clock: <time class="number" datetime="${now}">${now.slice(0, 19).replace('T', ' ')} UTC</time>${
      engine.state.clockStoppedAt === null ? null : html`, <strong>stopped</strong>`
    }</p>
    <div class="buttons">${Object.entries(jumps).map(([jump, name]) => html` <button data-post="/_sandbox/clock" data-body='{"advance":"${jump}"}'>+ ${name}</button>`)}
      <button data-post="/_sandbox/clock" data-body='{"frozen":true}'>Stop</button>
      <button data-post="/_sandbox/clock" data-body='{"frozen":false}'>Tick</button></div>
    <p class="soft" data-live="counts">${counts.join(', ')}, retries ${settings.retries}</p></div>`
  const body = html`${clock}
    ${table(
      'Invoices',
      [{ name: 'Invoice' }, { name: 'Customer' }, { name: 'Status' }, { name: 'Due', shape: 'number' }],
      lastOf(invoices.values()).map((row) => invoiceRow(row, engine.now)),
    )}
    ${table(
      'Deliveries',
      [
        { name: 'Event' },
        { name: 'Endpoint' },
        { name: 'State' },
        { name: 'Last answer' },
        { name: 'Attempts', shape: 'number' },
        { name: 'Again', shape: 'unseen' },
      ],
      lastOf(deliveries.values()).map((row) => deliveryRow(row, urlOf(row))),
    )}
    ${table(
      'Requests',
      [
        { name: 'Time' },
        { name: 'Method' },
        { name: 'Path' },
        { name: 'Status' },
        { name: 'Took', shape: 'number' },
        { name: 'Id' },
      ],
      log.newest(shown).map(requestRow),
    )}
    ${script}`
  return document('Stripe sandbox', body, 'wide')
}
