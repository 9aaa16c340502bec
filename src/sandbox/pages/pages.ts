import type { Engine } from '../engine/engine.js'
import type { Command } from '../ledger/command.js'
import type { Invoice, PaymentIntent } from '../ledger/records.js'
import { StripeError } from '../ledger/stripe-error.js'
import { expiresAt, hostedUrl, readHostedPath } from '../render/hosted-url.js'
import type { Settings } from '../settings.js'
import { parseForm } from '../wire/form.js'
import { invoicePage } from './invoice-page.js'
import { invoicePdf } from './invoice-pdf.js'
import { htmlPage, type Page, plainPage, seeOther } from './page.js'
import { Portal } from './portal.js'
import { returnAddress } from './return-address.js'

/** The answers to a bank that wants the payment confirmed. */
const confirmations: Readonly<Record<string, boolean>> = { authenticate: true, authentication_fails: false }

/** What the buttons of an invoice's page do, in Stripe's test payment methods. */
const methods: Readonly<Record<string, string>> = {
  card: 'pm_card_visa',
  card_declined: 'pm_card_visa_chargeDeclined',
  card_authentication: 'pm_card_threeDSecure2Required',
  bank_debit: 'pm_usBankAccount_success',
  bank_debit_fails: 'pm_usBankAccount_insufficientFunds',
}

/** The pages that Stripe shows to people. Who has an address may use it, so there is no cookie and no token beside it. */
export class Pages {
  readonly #engine: Engine
  readonly #settings: Settings
  readonly #baseUrl: () => string
  readonly #portal: Portal

  constructor(engine: Engine, settings: Settings, baseUrl: () => string) {
    this.#engine = engine
    this.#settings = settings
    this.#baseUrl = baseUrl
    this.#portal = new Portal(engine, baseUrl)
  }

  answer(method: string, url: URL, body: string): Page {
    try {
      if (url.pathname.startsWith('/p/')) return this.#portal.answer(method, url, body) ?? notFound()
      return this.#invoice(method, url, body)
    } catch (error) {
      if (error instanceof StripeError) return htmlPage(error.status, plainPage('That did not work', error.message))
      throw error
    }
  }

  #invoice(method: string, url: URL, body: string): Page {
    const read = readHostedPath(url.pathname)
    const invoice = read && [...this.#engine.state.tables.invoices.under('token', read.token)][0]
    if (!read || invoice?.account !== read.account) return notFound()
    const expired = this.#engine.now > expiresAt(invoice, read.readOn)
    if (read.rest === '/pdf' && method === 'GET') return this.#pdf(invoice, expired)
    if (method === 'POST') return this.#pay(invoice, url, body, expired)
    if (method !== 'GET') return htmlPage(405, plainPage('Not possible', 'This page can be read, and paid on.'))
    return this.#shown(invoice, url, expired)
  }

  #shown(invoice: Invoice, url: URL, expired: boolean): Page {
    const { payment_intents, accounts } = this.#engine.state.tables
    const payment = invoice.payment_intent ? payment_intents.get(invoice.payment_intent) : undefined
    const seller = accounts.get(invoice.account)
    const address = hostedUrl(invoice.account, invoice.token ?? '', this.#baseUrl(), this.#engine.now)
    const back = returnAddress(url, this.#settings.returnOrigins)
    const shown = { invoice, payment, seller, expired, pdf: `${address}/pdf`, back }
    return htmlPage(expired ? 410 : 200, invoicePage(shown))
  }

  #pdf(invoice: Invoice, expired: boolean): Page {
    if (expired) return htmlPage(410, plainPage('This link has expired', 'Ask the seller for a new one.'))
    const seller = this.#engine.state.tables.accounts.get(invoice.account)
    const headers = {
      'Content-Type': 'application/pdf',
      'Content-Disposition': `inline; filename="Invoice-${invoice.number}.pdf"`,
    }
    return { status: 200, headers, body: invoicePdf(invoice, seller?.name ?? '') }
  }

  /** A second press finds the invoice paid, or its payment under way, and shows that. */
  #pay(invoice: Invoice, url: URL, body: string, expired: boolean): Page {
    const form = parseForm(body)
    const pressed = typeof form.method === 'string' ? form.method : ''
    if (!Object.hasOwn(methods, pressed) && !Object.hasOwn(confirmations, pressed)) {
      const known = [...Object.keys(methods), ...Object.keys(confirmations)].join(', ')
      return htmlPage(400, plainPage('Unknown way to pay', `This page knows these: ${known}.`))
    }
    if (expired) return this.#shown(invoice, url, expired)
    const payable = invoice.status === 'open' || invoice.status === 'uncollectible'
    const payment = this.#engine.state.tables.payment_intents.get(invoice.payment_intent ?? '')
    const command = payable && payment ? commandOf(pressed, invoice, payment, form.keep === 'yes') : null
    if (command) this.#engine.execute(command, { account: invoice.account, request: null })
    return seeOther(`${url.pathname}${url.search}`)
  }
}

/** Null where a second press comes too late to do anything. */
function commandOf(pressed: string, { id }: Invoice, { status }: PaymentIntent, keep: boolean): Command | null {
  const confirms = confirmations[pressed]
  if (confirms !== undefined) return status === 'requires_action' ? { do: 'invoice.authenticate', id, confirms } : null
  if (status === 'processing') return null
  return { do: 'invoice.pay_on_page', id, payment_method: methods[pressed] as string, keep }
}

function notFound(): Page {
  return htmlPage(404, plainPage('Nothing here', 'This address does not lead to an invoice or a page of the portal.'))
}
