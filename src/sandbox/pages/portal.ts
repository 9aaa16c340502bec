import type { Engine } from '../engine/engine.js'
import { formatAmount } from '../ledger/currencies.js'
import type { Customer, Invoice, PortalSession } from '../ledger/records.js'
import { hostedUrl } from '../render/hosted-url.js'
import { type FormValue, parseForm } from '../wire/form.js'
import { document, html, scrolling } from './html.js'
import { dateOf } from './invoice-page.js'
import { htmlPage, type Page, plainPage, seeOther } from './page.js'

const sessionLasts = 3600
const signInPath = '/p/login/test_sandbox'

/** Where customers find their invoices again: a static link to sign in, and sessions that it or the API opens. */
export class Portal {
  readonly #engine: Engine
  readonly #baseUrl: () => string

  constructor(engine: Engine, baseUrl: () => string) {
    this.#engine = engine
    this.#baseUrl = baseUrl
  }

  answer(method: string, url: URL, body: string): Page | null {
    if (url.pathname === signInPath) {
      return method === 'POST' ? this.#signIn(parseForm(body).email) : htmlPage(200, signInPage(null))
    }
    const token = /^\/p\/session\/test_(\w+)$/.exec(url.pathname)?.[1]
    const session = token && [...this.#engine.state.tables.portal_sessions.under('token', token)][0]
    return session ? this.#session(session) : null
  }

  /** Stripe mails a link; a sandbox has no mailbox to prove, so it opens the session at once. */
  #signIn(given: FormValue | undefined): Page {
    const email = typeof given === 'string' ? given : ''
    const customer = [...this.#engine.state.tables.customers.newest('email', email)].find((known) => !known.deleted)
    if (!customer) return htmlPage(404, signInPage(email))
    const { result } = this.#engine.execute(
      { do: 'portal_session.create', customer: customer.id, return_url: null, locale: null },
      { account: customer.account, request: null },
    )
    return seeOther(`/p/session/test_${(result as PortalSession).token}`)
  }

  #session(session: PortalSession): Page {
    if (this.#engine.now > session.created + sessionLasts) {
      return htmlPage(410, plainPage('This session has ended', `Sign in again at ${signInPath}.`))
    }
    const { customers, invoices } = this.#engine.state.tables
    const customer = customers.get(session.customer)
    if (!customer) return htmlPage(404, plainPage('Nothing here', 'This customer is gone.'))
    const all = this.#alike(customer).flatMap((alike) => [...invoices.newest('customer', alike.id)])
    return htmlPage(
      200,
      this.#page(
        customer,
        all.filter((invoice) => invoice.status !== 'draft'),
        session.return_url,
      ),
    )
  }

  /** A person has one customer for each currency, and one mailbox for them all. */
  #alike(customer: Customer): Customer[] {
    if (customer.email === null) return [customer]
    const { customers } = this.#engine.state.tables
    return [...customers.newest('email', customer.email)].filter(
      (alike) => alike.account === customer.account && !alike.deleted,
    )
  }

  #page(customer: Customer, invoices: readonly Invoice[], returnUrl: string | null): string {
    const now = this.#engine.now
    const rows = invoices.map((invoice) => {
      const url = hostedUrl(invoice.account, invoice.token ?? '', this.#baseUrl(), now)
      return html`<tr><td>${dateOf(invoice.created)}</td><td><a href="${url}">${invoice.number ?? invoice.id}</a></td>
        <td>${invoice.status}</td><td class="number">${formatAmount(invoice.amount_due, invoice.currency)}</td></tr>`
    })
    const table = scrolling(
      'Invoices',
      html`<table><thead><tr><th scope="col">Date</th><th scope="col">Invoice</th><th scope="col">Status</th>
        <th scope="col" class="number">Amount</th></tr></thead><tbody>${rows}</tbody></table>`,
    )
    const name = customer.name ?? customer.email ?? customer.id
    const body = html`<div class="card"><h1>Billing of ${name}</h1>
      ${rows.length > 0 ? table : html`<p>There are no invoices yet.</p>`}
      ${returnUrl === null ? null : html`<p><a href="${returnUrl}">Back to ${new URL(returnUrl).host}</a></p>`}</div>`
    return document(`Billing of ${name}`, body)
  }
}

function signInPage(unknown: string | null): string {
  const body = html`<div class="card"><h1>Sign in to your billing</h1>
  <p class="soft">A sandbox sends no mail: the address alone opens the portal.</p>
  ${unknown === null ? null : html`<p class="bad" role="alert">No customer has the address ${unknown}.</p>`}
  <form method="post"><fieldset>
    <label for="email">Email</label>
    <input id="email" name="email" type="email" autocomplete="email" required>
    <button class="main">Sign in</button>
  </fieldset></form></div>`
  return document('Sign in', body)
}
