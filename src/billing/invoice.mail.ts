import type { Currency } from '../kernel/currency.js'
import { instantText } from '../kernel/instant.js'
import { amountText, money } from '../kernel/money.js'
import type { Letter } from '../organizations/notices.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import { because } from '../subscriptions/subscription.mail.js'
import type { SubscriptionNames } from '../subscriptions/subscription-names.js'
import type { InvoiceRow } from './invoice.entity.js'
import { type Reminder, unpaidMinor } from './reminder.rules.js'

/** What is said of an invoice that is to be paid. Only those read it who may know what things cost. */
export interface InvoiceScene {
  names: SubscriptionNames
  invoice: InvoiceRow
  subscription: Pick<ProductSubscriptionRow, 'state' | 'standing' | 'accessClosesAt'>
  /** Whether Stripe charges a payment method that was saved. */
  charged: boolean
  now: Date
}

export function reminderMail(kind: Reminder, scene: InvoiceScene): Letter {
  const { organization, marketplace, product } = scene.names
  const { subject, opening } = {
    'invoice-issued': {
      subject: `Your invoice for ${product}`,
      opening: `${organization} has a new invoice from ${marketplace}.`,
    },
    'invoice-due-soon': {
      subject: `Your invoice for ${product} is due soon`,
      opening: `an invoice of ${organization} from ${marketplace} is due soon, and has not been paid yet.`,
    },
    'invoice-due': {
      subject: `Your invoice for ${product} is due`,
      opening: `an invoice of ${organization} from ${marketplace} is due within a day, and has not been paid yet.`,
    },
    'invoice-past-due': {
      subject: `Your invoice for ${product} is past due`,
      opening: `an invoice of ${organization} from ${marketplace} was due, and has not been paid.`,
    },
    'invoice-still-unpaid': {
      subject: `Your invoice for ${product} is still unpaid`,
      opening: `an invoice of ${organization} from ${marketplace} is long past due, and still has not been paid.`,
    },
  }[kind]
  // It is charged when it is issued; what has to be reminded of was not.
  const charged = scene.charged && kind === 'invoice-issued'
  return letter(kind, subject, { ...scene, charged }, opening, consequence(scene))
}

export function paymentFailedMail(scene: InvoiceScene): Letter {
  const { organization, marketplace, product } = scene.names
  const opening = `a payment of ${organization} to ${marketplace} has failed, so this invoice is still to be paid.`
  const again = { ...scene, charged: false }
  return letter('payment-failed', `Your payment for ${product} has failed`, again, opening, consequence(again))
}

export function accessClosedMail(scene: InvoiceScene): Letter {
  const { product, plan, organization, marketplace } = scene.names
  const opening = `access of ${organization} to ${product}, plan ${plan}, on ${marketplace} is closed, because this invoice is
past due. Keys and settings are kept.`
  const end = 'Access opens again by itself when all that is past due is paid.'
  return letter('access-closed', `Access to ${product} is closed`, { ...scene, charged: false }, opening, end)
}

/** By the provider, and not for want of payment. */
export function accessSuspendedMail(names: SubscriptionNames, reason: string | null): Letter {
  const { product, plan, organization, marketplace } = names
  const text = `Hello,

access of ${organization} to ${product}, plan ${plan}, on ${marketplace} is closed: the provider has suspended the
subscription. Keys and settings are kept.${because(reason)}

Access opens again when the provider resumes it.
`
  return { kind: 'access-closed', subject: `Access to ${product} is closed`, text, link: null }
}

export function accessOpenAgainMail(names: SubscriptionNames): Letter {
  const { product, plan, organization, marketplace } = names
  const text = `Hello,

access of ${organization} to ${product}, plan ${plan}, on ${marketplace} is open again, with the same keys as before.
`
  return { kind: 'access-open-again', subject: `Access to ${product} is open again`, text, link: null }
}

function letter(kind: string, subject: string, scene: InvoiceScene, opening: string, end: string | null): Letter {
  const { product, plan, timeZone } = scene.names
  const { number, dueAt, currency, hostedUrl = null } = scene.invoice
  const amount = amountText(money(unpaidMinor(scene.invoice), currency as Currency))
  const facts = [
    `Product: ${product}, plan ${plan}`,
    ...(number ? [`Invoice: ${number}`] : []),
    `Amount:  ${amount} ${currency}`,
    ...(dueAt ? [`Due:     ${instantText(dueAt, timeZone)}`] : []),
  ]
  const text = ['Hello,', opening, facts.join('\n'), howToPay(scene), hostedUrl, end]
  return { kind, subject, text: `${text.filter((part) => part !== null).join('\n\n')}\n`, link: hostedUrl }
}

function howToPay({ charged, invoice, names }: InvoiceScene): string {
  if (charged)
    return 'It is charged to the payment method that you have saved: there is nothing to do. It can be seen here:'
  return invoice.hostedUrl ? 'Pay it here:' : `Pay it on ${names.marketplace}.`
}

/** What depends on its being paid; null where that is nothing (any more). */
function consequence({ subscription, names, now }: InvoiceScene): string | null {
  const { state, standing, accessClosesAt } = subscription
  if (state !== 'ACTIVE') return null
  if (standing === 'AWAITING_FIRST_PAYMENT') return 'Access opens as soon as it is paid.'
  if (standing === 'PAST_DUE') return 'Access is closed until all that is past due is paid.'
  if (!accessClosesAt || accessClosesAt <= now) return null
  return `If it stays unpaid, access closes on ${instantText(accessClosesAt, names.timeZone)}.`
}
