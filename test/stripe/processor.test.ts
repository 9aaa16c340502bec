import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import type { InvoiceReference, InvoiceSnapshot, Outcome, PaymentPort } from '../../src/billing/billing.port.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { Secret } from '../../src/kernel/secret.js'
import { readInvoice } from '../../src/stripe/invoice-reading.js'
import { StripeEventProcessor } from '../../src/stripe/stripe-event.processor.js'
import { envelopeOf, type StripeEnvelope } from '../../src/stripe/stripe-event.translator.js'
import { StripeInbox } from '../../src/stripe/stripe-inbox.js'
import { createTestDatabase } from '../support/database.js'
import { connectionOf, type House, ListeningBilling, openHouse, stripeEvent, stripeInvoice } from './house.js'

const clock = new MovableClock(new Date('2026-11-24T12:00:00Z'))
const acme = connectionOf()
const minute = 60_000
const hour = 60 * minute

let house: House
let drop: () => Promise<void>
let billing: ListeningBilling
let processor: StripeEventProcessor
let inbox: StripeInbox
let paidBy: Record<string, string>
let reading: (invoice: InvoiceReference) => Promise<Outcome<InvoiceSnapshot | null>>

beforeAll(async () => {
  const database = await createTestDatabase()
  drop = database.drop
  house = await openHouse(database.url)
  inbox = new StripeInbox(house.unitOfWork, clock)
})

afterAll(async () => {
  await house.close()
  await drop()
})

beforeEach(async () => {
  await house.empty()
  billing = new ListeningBilling()
  const connections = {
    connection: async (id: string) =>
      id === acme.id
        ? { id, providerId: acme.providerId, mode: acme.mode, restrictedKey: new Secret('rk_test_1') }
        : null,
  }
  reading = async () => ({ kind: 'done', value: null })
  paidBy = {}
  const payments = {
    read: (invoice: InvoiceReference) => {
      expect(house.unitOfWork.isOpen()).toBe(false)
      return reading(invoice)
    },
    readPaidBy: async (_: object, stripePaymentId: string) => {
      expect(house.unitOfWork.isOpen()).toBe(false)
      const stripeInvoiceId = paidBy[stripePaymentId]
      return stripeInvoiceId ? reading({ stripeInvoiceId } as InvoiceReference) : { kind: 'done', value: null }
    },
  } as PaymentPort
  const log = pino({ level: 'silent' })
  processor = new StripeEventProcessor(house.unitOfWork, billing, connections, payments, clock, log)
})

async function arrived(event: object): Promise<string> {
  await inbox.store(acme, envelopeOf(event) as StripeEnvelope, JSON.stringify(event))
  return (await house.storedEvents()).at(-1)?.id as string
}

/** An invoice that billing knows. */
function ours(about: Record<string, unknown> = {}) {
  const invoice = stripeInvoice(about)
  billing.known.add((invoice.metadata as { invoice_id: string }).invoice_id)
  return invoice
}

const state = async () => (await house.storedEvents()).map((row) => `${row.state}: ${row.note}`)

describe('A stored event', () => {
  it('is told to billing in our words, and is handled in the same commit', async () => {
    const invoice = ours({ status: 'paid' })
    await processor.process(await arrived(stripeEvent('invoice.paid', invoice)))
    expect(billing.heard).toEqual([
      {
        connectionId: acme.id,
        what: 'snapshot',
        snapshot: readInvoice(invoice),
        reportedAt: new Date(1_795_000_000_000),
      },
    ])
    expect(await house.storedEvents()).toMatchObject([
      { state: 'HANDLED', note: null, handledAt: clock.now(), nextTryAt: null },
    ])
  })

  it('has one effect however often its job runs, also at the same time', async () => {
    const id = await arrived(stripeEvent('invoice.paid', ours()))
    await Promise.all(Array.from({ length: 20 }, () => processor.process(id)))
    await processor.process(id)
    expect(billing.heard).toHaveLength(1)
  })

  it.each([
    ['invoice.finalized', 'snapshot'],
    ['invoice.paid', 'snapshot'],
    ['invoice.voided', 'snapshot'],
    ['invoice.marked_uncollectible', 'snapshot'],
    ['invoice.updated', 'snapshot'],
    ['invoice.sent', 'snapshot'],
    ['invoice.overdue', 'snapshot'],
    ['invoice.finalization_failed', 'snapshot'],
    ['invoice.payment_failed', 'payment failed'],
    ['invoice.deleted', 'deleted'],
  ])('%s tells of a %s', async (type, what) => {
    await processor.process(await arrived(stripeEvent(type, ours())))
    expect(billing.heard).toMatchObject([{ what }])
  })

  it('of a deletion tells the invoice as it last was', async () => {
    await processor.process(await arrived(stripeEvent('invoice.deleted', ours({ status: 'draft', deleted: true }))))
    expect(billing.heard).toMatchObject([{ what: 'deleted', snapshot: { status: 'DRAFT' } }])
  })

  it('of a deleted customer is told as such', async () => {
    await processor.process(await arrived(stripeEvent('customer.deleted', { id: 'cus_9', object: 'customer' })))
    expect(billing.deletedCustomers).toEqual(['cus_9'])
    expect(await state()).toEqual(['HANDLED: null'])
  })

  it('that cannot be read is ignored, with the reason', async () => {
    await processor.process(await arrived(stripeEvent('invoice.paid', stripeInvoice({ status: 'on_the_moon' }))))
    expect(billing.heard).toEqual([])
    expect(await state()).toEqual(['IGNORED: Its invoice cannot be read.'])
  })

  it('that changes nothing is handled all the same', async () => {
    const invoice = ours()
    await processor.process(await arrived(stripeEvent('invoice.updated', invoice)))
    await processor.process(await arrived(stripeEvent('invoice.updated', invoice)))
    expect(await state()).toEqual(['HANDLED: null', 'HANDLED: Without effect.'])
  })
})

describe('An event that fails', () => {
  it('leaves no effect, waits with a note, and is done when it can be', async () => {
    const id = await arrived(stripeEvent('invoice.paid', ours()))
    billing.failing = new Error('deadlock detected')
    await expect(processor.process(id)).rejects.toThrow('deadlock detected')
    expect(billing.heard).toEqual([])
    expect(await state()).toEqual(['RECEIVED: deadlock detected'])

    billing.failing = null
    await processor.process(id)
    expect(billing.heard).toHaveLength(1)
    expect(await state()).toEqual(['HANDLED: null'])
  })

  it('is picked up again after its job has given up, and holds up no other', async () => {
    const invoice = stripeInvoice()
    await arrived(stripeEvent('invoice.paid', invoice))
    await arrived(stripeEvent('invoice.paid', ours()))
    billing.failing = new Error('poison')
    clock.advance(hour)
    await processor.sweep()
    expect(await state()).toEqual(['RECEIVED: poison', 'RECEIVED: poison'])
    billing.failing = null
    await processor.sweep()
    expect(await state()).toEqual(['RECEIVED: poison', 'RECEIVED: poison'])
    clock.advance(hour)
    await processor.sweep()
    expect(await state()).toEqual(['PARKED: No invoice of ours so far.', 'HANDLED: null'])
  })
})

describe('An event about an invoice that is not there', () => {
  it('is parked, and taken up when it is there', async () => {
    const invoice = stripeInvoice()
    await processor.process(await arrived(stripeEvent('invoice.finalized', invoice)))
    expect(await state()).toEqual(['PARKED: No invoice of ours so far.'])
    await processor.sweep()
    expect(billing.heard).toEqual([])

    billing.known.add((invoice.metadata as { invoice_id: string }).invoice_id)
    clock.advance(1_000)
    await processor.sweep()
    expect(billing.heard).toHaveLength(1)
    expect(await state()).toEqual(['HANDLED: null'])
  })

  it('is tried ever less often, and is foreign after 24 hours', async () => {
    await processor.process(await arrived(stripeEvent('invoice.paid', stripeInvoice())))
    const tries: number[] = []
    const start = clock.now().getTime()
    for (let count = 0; count < 100; count += 1) {
      const [row] = await house.storedEvents()
      if (row?.state !== 'PARKED') break
      clock.moveTo(row.nextTryAt as Date)
      tries.push(clock.now().getTime() - start)
      await processor.sweep()
    }
    expect(tries.length).toBeLessThan(50)
    expect(Math.max(...tries)).toBeGreaterThanOrEqual(24 * hour)
    expect(await state()).toEqual(['IGNORED: No invoice of ours within 24 hours.'])
    expect(billing.heard).toEqual([])
  })
})

describe('A payment under way', () => {
  const payment = (invoice: unknown) =>
    stripeEvent('payment_intent.processing', { id: 'pi_1', object: 'payment_intent', invoice })

  it('is told with the invoice as it stands at Stripe, read outside of the transaction', async () => {
    const invoice = ours()
    reading = async ({ stripeInvoiceId }) => ({
      kind: 'done',
      value: stripeInvoiceId === invoice.id ? readInvoice(invoice) : null,
    })
    await processor.process(await arrived(payment(invoice.id)))
    expect(billing.heard).toMatchObject([
      { what: 'payment processing', snapshot: { status: 'OPEN', totalMinor: 2_500n } },
    ])
    expect(await house.storedEvents()).toMatchObject([{ state: 'HANDLED', objectId: invoice.id }])
  })

  it('is told by the payment alone, which newer versions of the API do not say the invoice of', async () => {
    const invoice = ours()
    paidBy = { pi_1: invoice.id as string }
    reading = async () => ({ kind: 'done', value: readInvoice(invoice) })
    await processor.process(await arrived(payment(undefined)))
    expect(billing.heard).toMatchObject([
      { what: 'payment processing', snapshot: { stripeInvoiceId: invoice.id, status: 'OPEN' } },
    ])
    expect(await state()).toEqual(['HANDLED: null'])
  })

  it('waits while Stripe cannot be asked', async () => {
    reading = async () => ({ kind: 'unknown', message: 'Stripe could not be reached.' })
    await expect(processor.process(await arrived(payment('in_1')))).rejects.toThrow('could not be reached')
    expect(await state()).toEqual(['RECEIVED: Stripe could not be reached.'])
  })

  it('of another business, or for no invoice, has no effect', async () => {
    await processor.process(await arrived(payment('in_foreign')))
    await processor.process(await arrived(payment(undefined)))
    expect(await state()).toEqual([
      'IGNORED: Its invoice cannot be read at Stripe.',
      'IGNORED: Its invoice cannot be read at Stripe.',
    ])
    expect(billing.heard).toEqual([])
  })
})
