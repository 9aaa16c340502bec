import { describe, expect, it } from '@jest/globals'
import type { InvoiceRow } from '../../src/billing/invoice.entity.js'
import {
  accessClosedMail,
  accessOpenAgainMail,
  accessSuspendedMail,
  type InvoiceScene,
  paymentFailedMail,
  reminderMail,
} from '../../src/billing/invoice.mail.js'
import { reminders } from '../../src/billing/reminder.rules.js'
import {
  approvedMail,
  endedMail,
  endsMail,
  rejectedMail,
  requestedMail,
} from '../../src/subscriptions/subscription.mail.js'

const names = {
  organization: 'Acme',
  billingEmail: 'bills@acme.example',
  marketplace: 'Harbour',
  timeZone: 'Europe/Berlin',
  product: 'Pet store',
  plan: 'Business',
}
const hostedUrl = 'https://invoice.stripe.example/i/acct_1/test_123'
const invoice = {
  number: 'ACME-0001',
  currency: 'USD',
  amountDueMinor: 2_500n,
  amountPaidMinor: 0n,
  // The day on which clocks go forward.
  dueAt: new Date('2026-03-29T08:30:00Z'),
  hostedUrl,
} as InvoiceRow
const scene: InvoiceScene = {
  names,
  invoice,
  subscription: { state: 'ACTIVE', standing: 'GOOD', accessClosesAt: new Date('2026-04-01T08:30:00Z') },
  charged: false,
  now: new Date('2026-03-22T08:30:00Z'),
}

const aboutMoney = {
  ...Object.fromEntries(reminders.map((kind) => [kind, reminderMail(kind, scene)])),
  'payment-failed': paymentFailedMail(scene),
  'access-closed': accessClosedMail(scene),
}
const aboutNone = {
  'access-closed': accessSuspendedMail(names, 'We look\ninto something.'),
  'access-open-again': accessOpenAgainMail(names),
  'subscription-requested': requestedMail(names),
  'subscription-approved': approvedMail(names, null),
  'subscription-rejected': rejectedMail(names, 'Not now.'),
  'subscription-ends': endsMail(names, new Date('2026-03-29T00:59:00Z'), true),
  'subscription-ended': endedMail(names, new Date('2026-03-29T01:00:00Z'), null),
}

describe('a mail about an invoice', () => {
  it.each(Object.entries(aboutMoney))('of the kind %s says what, how much, by when, and where to pay', (kind, mail) => {
    expect(mail).toMatchObject({ kind, link: hostedUrl })
    expect(mail.text.split(hostedUrl)).toHaveLength(2)
    for (const fact of ['Acme', 'Harbour', 'Pet store, plan Business', 'ACME-0001', '25.00 USD']) {
      expect(mail.text).toContain(fact)
    }
    expect(mail.text).toContain('29 March 2026 at 10:30 (Europe/Berlin)')
    expect(mail.text).not.toMatch(/undefined|null|\[object/)
    // It passes by mail servers and their logs.
    expect(mail.subject).not.toMatch(/25|[\r\n]/)
  })

  it('asks for what is left of it', () => {
    const partly = { ...scene, invoice: { ...invoice, amountPaidMinor: 499n } as InvoiceRow }
    expect(reminderMail('invoice-due', partly).text).toContain('20.01 USD')
  })

  it('does without what the invoice does not have', () => {
    const bare = { ...scene, invoice: { ...invoice, number: null, hostedUrl: null } as InvoiceRow }
    const mail = reminderMail('invoice-issued', bare)
    expect(mail.link).toBeNull()
    expect(mail.text).toContain('Pay it on Harbour.')
    expect(mail.text).not.toMatch(/Invoice:|null/)
  })

  it('asks nobody to pay what is charged, until that has failed', () => {
    const charged = { ...scene, charged: true }
    expect(reminderMail('invoice-issued', charged).text).toContain('there is nothing to do')
    expect(reminderMail('invoice-due-soon', charged).text).toContain('Pay it here:')
    expect(paymentFailedMail(charged).text).toContain('Pay it here:')
  })

  it.each([
    ['ACTIVE', 'AWAITING_FIRST_PAYMENT', 'Access opens as soon as it is paid.'],
    ['ACTIVE', 'GOOD', 'If it stays unpaid, access closes on 1 April 2026 at 10:30 (Europe/Berlin).'],
    ['ACTIVE', 'GRACE', 'If it stays unpaid, access closes on 1 April 2026 at 10:30 (Europe/Berlin).'],
    ['ACTIVE', 'PAST_DUE', 'Access is closed until all that is past due is paid.'],
    ['ACTIVE', 'NOT_REQUIRED', 'If it stays unpaid, access closes on 1 April 2026 at 10:30 (Europe/Berlin).'],
    ['SUSPENDED', 'GOOD', null],
    ['CANCELED', 'PAST_DUE', null],
  ] as const)('says what hangs on it, of a subscription that is %s and %s', (state, standing, sentence) => {
    const about = { ...scene, subscription: { ...scene.subscription, state, standing } }
    const { text } = reminderMail('invoice-past-due', about)
    if (sentence) expect(text.trimEnd().endsWith(sentence)).toBe(true)
    else expect(text).not.toMatch(/[Aa]ccess/)
  })
})

describe('a mail about a subscription', () => {
  it.each(Object.entries(aboutNone))('of the kind %s names it, and no amount', (kind, mail) => {
    expect(mail).toMatchObject({ kind, link: null })
    for (const fact of ['Acme', 'Harbour', 'Pet store, plan Business']) expect(mail.text).toContain(fact)
    expect(mail.text).not.toMatch(/USD|undefined|null/)
    expect(mail.subject).not.toMatch(/[\r\n]/)
  })

  it('gives the reason in one line, whatever it holds', () => {
    expect(aboutNone['access-closed'].text).toContain('\nThe reason given: We look into something.\n')
    expect(aboutNone['subscription-rejected'].text).toContain('The reason given: Not now.')
    expect(aboutNone['subscription-approved'].text).not.toContain('reason')
  })

  it('writes instants in the time zone of the marketplace, across the change of clocks', () => {
    expect(aboutNone['subscription-ends'].text).toContain('29 March 2026 at 01:59 (Europe/Berlin)')
    expect(aboutNone['subscription-ended'].text).toContain('29 March 2026 at 03:00 (Europe/Berlin)')
  })

  it('says whether an end can still be taken back', () => {
    const term = endsMail(names, new Date('2026-03-29T00:59:00Z'), false)
    expect(aboutNone['subscription-ends'].text).toContain('can be taken back')
    expect(term.text).not.toContain('taken back')
  })
})
