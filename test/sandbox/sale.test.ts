import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { restrictedKey, type Sandbox, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { Contract } from './contract/contract.js'
import { control, Receiver, refusal } from './receiver.js'
import { type Sdk, sdks } from './sdks.js'

const fourEvents = ['invoice.finalized', 'invoice.paid', 'invoice.voided', 'invoice.marked_uncollectible'] as const

describe.each(sdks)('A sale through the sandbox, with the SDK of $version', (sdk: Sdk) => {
  const contract = new Contract()
  let sandbox: Sandbox
  let receiver: Receiver
  /** As the marketplace's backend has it. */
  let stripe: Stripe
  /** As a person at Stripe's dashboard has it. */
  let owner: Stripe
  let secret: string

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'a sale', watch: contract.watch })
    receiver = await Receiver.start(contract)
    stripe = sdk.open(sandbox.url, restrictedKey)
    owner = sdk.open(sandbox.url, secretKey)
    const endpoint = await owner.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: ['*'],
      api_version: sdk.version as '2024-06-20',
    })
    secret = endpoint.secret as string
  })
  afterAll(async () => {
    await sandbox.close()
    await receiver.close()
  })
  beforeEach(() => receiver.forget())

  async function invoiceOf(amount: number, more: Partial<Stripe.InvoiceCreateParams> = {}): Promise<Stripe.Invoice> {
    const customer = await stripe.customers.create({ name: 'Acme', email: 'billing@acme.example' })
    const draft = await stripe.invoices.create({
      customer: customer.id,
      currency: 'usd',
      collection_method: 'send_invoice',
      days_until_due: 14,
      auto_advance: false,
      pending_invoice_items_behavior: 'exclude',
      metadata: { invoiceId: '42' },
      ...more,
    })
    await stripe.invoices.addLines(draft.id, { lines: [{ description: 'Business plan', amount }] })
    return stripe.invoices.finalizeInvoice(draft.id)
  }

  function press(invoice: Stripe.Invoice, method: string): Promise<Response> {
    return fetch(invoice.hosted_invoice_url as string, { method: 'POST', body: new URLSearchParams({ method }) })
  }

  it('asks for payment, is paid by card on the page, and tells of it with a signature that the SDK accepts', async () => {
    const invoice = await invoiceOf(2500)
    expect(invoice).toMatchObject({
      status: 'open',
      total: 2500,
      amount_due: 2500,
      currency: 'usd',
      metadata: { invoiceId: '42' },
    })
    expect(invoice.number).toMatch(/^[0-9A-Z]{8}-0001$/)
    expect(invoice.hosted_invoice_url).toContain('/i/acct_')

    const page = await (await fetch(invoice.hosted_invoice_url as string)).text()
    expect(page).toContain('Stripe sandbox')
    expect(page).toContain('25.00 USD')
    expect(page).toContain('Business plan')

    const answer = await press(invoice, 'card')
    expect(await answer.text()).toContain('Paid')
    const { body, headers } = await receiver.first('invoice.paid')
    const event = await owner.webhooks.constructEventAsync(body, headers['stripe-signature'] as string, secret)
    expect(event).toMatchObject({ type: 'invoice.paid', api_version: sdk.version, livemode: false })
    expect(event.data.object).toMatchObject({ id: invoice.id, status: 'paid', amount_paid: 2500 })
    expect('paid' in event.data.object).toBe(sdk.isBeforeBasil)
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', amount_remaining: 0 })
  })

  it('tells of each step in the usual order', async () => {
    const invoice = await invoiceOf(2500)
    await press(invoice, 'card')
    await receiver.until('invoice_payment.paid')
    const ofInvoice = receiver.types.filter((type) => type.startsWith('invoice.'))
    expect(new Set(ofInvoice)).toEqual(
      new Set(['invoice.created', 'invoice.updated', 'invoice.finalized', 'invoice.paid', 'invoice.payment_succeeded']),
    )
    expect(receiver.types).toEqual(expect.arrayContaining(['payment_intent.succeeded', 'charge.succeeded']))
  })

  it('is paid once, however often the button is pressed', async () => {
    const invoice = await invoiceOf(2500)
    await Promise.all([press(invoice, 'card'), press(invoice, 'card'), press(invoice, 'card')])
    await press(invoice, 'card')
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', attempt_count: 1 })
    const events = await owner.events.list({ type: 'invoice.paid', limit: 100 })
    expect(events.data.filter((event) => (event.data.object as Stripe.Invoice).id === invoice.id)).toHaveLength(1)
  })

  it('stays open after a declined card, and can be paid afterwards', async () => {
    const invoice = await invoiceOf(2500)
    expect(await (await press(invoice, 'card_declined')).text()).toContain('Your card was declined.')
    expect(await receiver.first('invoice.payment_failed')).toMatchObject({
      event: { data: { object: { status: 'open' } } },
    })
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({
      status: 'open',
      attempt_count: 1,
      attempted: true,
    })
    await press(invoice, 'card')
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', attempt_count: 2 })
  })

  it('settles a bank debit after four days of the sandbox clock, and says nothing of the invoice before', async () => {
    const invoice = await invoiceOf(2500)
    expect(await (await press(invoice, 'bank_debit')).text()).toContain('on its way')
    await receiver.first('payment_intent.processing')
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open' })
    expect(await refusal(stripe.invoices.voidInvoice(invoice.id))).toMatchObject({ statusCode: 400 })

    await control(sandbox.url, 'POST', 'clock', { advance: 'P3D' })
    expect(receiver.types).not.toContain('invoice.paid')
    await control(sandbox.url, 'POST', 'clock', { advance: 'P1DT1M' })
    expect(receiver.types).toContain('invoice.paid')
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid' })
  })

  it('bounces a bank debit that is told to', async () => {
    const invoice = await invoiceOf(2500)
    await press(invoice, 'bank_debit_fails')
    await control(sandbox.url, 'POST', 'clock', { advance: 'P5D' })
    expect(receiver.types).toContain('invoice.payment_failed')
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open', amount_paid: 0 })
    await stripe.invoices.markUncollectible(invoice.id)
    expect(await (await press(invoice, 'card')).text()).toContain('Paid')
  })

  it('is overdue when its date has passed, having said so before', async () => {
    const invoice = await invoiceOf(2500)
    await control(sandbox.url, 'POST', 'clock', { advance: 'P12D' })
    expect(receiver.types).toContain('invoice.will_be_due')
    expect(receiver.types).not.toContain('invoice.overdue')
    await control(sandbox.url, 'POST', 'clock', { advance: 'P3D' })
    expect(receiver.types).toContain('invoice.overdue')
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open' })
  })

  it('pays zero by itself, and carries what is too little to the next invoice', async () => {
    expect(await invoiceOf(0)).toMatchObject({ status: 'paid', amount_due: 0, amount_paid: 0 })
    const small = await invoiceOf(30)
    expect(small).toMatchObject({ status: 'paid', total: 30, amount_due: 0, ending_balance: 30 })
    const next = await stripe.invoices.create({ customer: small.customer as string })
    await stripe.invoices.addLines(next.id, { lines: [{ amount: 1000 }] })
    const asked = await stripe.invoices.finalizeInvoice(next.id)
    expect(asked).toMatchObject({ total: 1000, starting_balance: 30, amount_due: 1030, ending_balance: 0 })
    expect(asked.number).toMatch(/-0002$/)
    await stripe.invoices.voidInvoice(asked.id)
    expect(await stripe.customers.retrieve(small.customer as string)).toMatchObject({ balance: 30 })
  })

  it('finalizes by itself an hour later only where it was told to', async () => {
    const customer = await stripe.customers.create({})
    const left = await stripe.invoices.create({ customer: customer.id })
    const advancing = await stripe.invoices.create({ customer: customer.id, auto_advance: true })
    await stripe.invoices.addLines(advancing.id, { lines: [{ amount: 900 }] })
    await control(sandbox.url, 'POST', 'clock', { advance: 'PT59M' })
    expect(await stripe.invoices.retrieve(advancing.id)).toMatchObject({ status: 'draft' })
    await control(sandbox.url, 'POST', 'clock', { advance: 'PT2M' })
    expect(await stripe.invoices.retrieve(advancing.id)).toMatchObject({
      status: 'open',
      attempted: true,
      attempt_count: 1,
    })
    expect(await stripe.invoices.retrieve(left.id)).toMatchObject({ status: 'draft' })
  })

  it('charges the card that a customer has kept', async () => {
    const first = await invoiceOf(2500)
    const form = new URLSearchParams({ method: 'card', keep: 'yes' })
    await fetch(first.hosted_invoice_url as string, { method: 'POST', body: form })
    const next = await stripe.invoices.create({ customer: first.customer as string, auto_advance: true })
    await stripe.invoices.addLines(next.id, { lines: [{ amount: 2500 }] })
    receiver.forget()
    expect(await stripe.invoices.finalizeInvoice(next.id)).toMatchObject({ status: 'open' })
    await receiver.first('invoice.paid')
    expect(await stripe.invoices.retrieve(next.id)).toMatchObject({ status: 'paid' })
  })

  it('may be paid outside of Stripe, of which only invoice.paid tells', async () => {
    const invoice = await invoiceOf(2500)
    await receiver.until('payment_intent.created')
    receiver.forget()
    const paid = await stripe.invoices.pay(invoice.id, { paid_out_of_band: true })
    // What was paid elsewhere did not count as paid in versions before basil.
    const outside = sdk.isBeforeBasil ? { amount_paid: 0, paid_out_of_band: true } : { amount_paid: 2500 }
    expect(paid).toMatchObject({ status: 'paid', ...outside })
    const { event } = await receiver.first('invoice.paid')
    expect(event.data.object).toMatchObject({ status: 'paid', ...outside })
    await receiver.first('payment_intent.canceled')
    expect(receiver.types.filter((type) => type.startsWith('invoice.'))).toEqual(['invoice.paid'])
  })

  it('answers a misspelt event with 400, and listens to the four of the story', async () => {
    const misspelt = owner.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: ['invoicemarked_uncollectable' as never],
      api_version: '2022-11-15',
    })
    expect(await refusal(misspelt)).toMatchObject({
      statusCode: 400,
      type: 'StripeInvalidRequestError',
      param: 'enabled_events[0]',
    })
    const endpoint = await owner.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: [...fourEvents],
      api_version: '2022-11-15',
    })
    expect(endpoint.secret).toMatch(/^whsec_\w{32}$/)
    expect((await owner.webhookEndpoints.retrieve(endpoint.id)).secret).toBeUndefined()
    await owner.webhookEndpoints.del(endpoint.id)
  })

  it('shows an expired address, a PDF and the portal', async () => {
    const invoice = await invoiceOf(2500)
    const pdf = Buffer.from(await (await fetch(invoice.invoice_pdf as string)).arrayBuffer())
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.toString('latin1')).toContain('Business plan')

    const portal = `${sandbox.url}/p/login/test_sandbox`
    expect(await (await fetch(portal)).text()).toContain('Sign in')
    const body = new URLSearchParams({ email: 'billing@acme.example' })
    const invoices = await (await fetch(portal, { method: 'POST', body })).text()
    expect(invoices).toContain(`<a href="${invoice.hosted_invoice_url}">${invoice.number}</a>`)
    const session = { customer: invoice.customer as string, return_url: 'https://market.example/account' }
    const page = await (await fetch((await owner.billingPortal.sessions.create(session)).url)).text()
    expect(page).toContain('<a href="https://market.example/account">Back to market.example</a>')

    await control(sandbox.url, 'POST', 'clock', { advance: 'P46D' })
    const expired = await fetch(invoice.hosted_invoice_url as string)
    expect(expired.status).toBe(410)
    expect(await expired.text()).toContain('expired')
    const fresh = await stripe.invoices.retrieve(invoice.id)
    expect((await fetch(fresh.hosted_invoice_url as string)).status).toBe(200)
  })

  it('was all as the schemas of that version declare it', () => {
    expect(contract.problems).toEqual([])
    expect(contract.checked).toBeGreaterThan(200)
  })
})
