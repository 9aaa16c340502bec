import type { Currency } from '../kernel/currency.js'
import { amountText, money } from '../kernel/money.js'
import type { Letter } from '../organizations/notices.js'
import type { SubscriptionNames } from '../subscriptions/subscription-names.js'
import type { PaymentDispute } from './billing.port.js'
import type { InvoiceRow } from './invoice.entity.js'

export const disputeNotices = {
  OPEN: 'payment-disputed',
  LOST: 'payment-taken-back',
  WON: 'payment-kept',
} as const satisfies Record<PaymentDispute['state'], string>

/** To the provider's people, who can do something about it in Stripe, and about whoever has it. */
export function disputeMail(
  { organization, marketplace, product, plan }: SubscriptionNames,
  { number }: InvoiceRow,
  { state, amountMinor, currency, reason }: PaymentDispute,
): Letter {
  const { subject, opening, end } = {
    OPEN: {
      subject: `A payment of ${organization} is disputed`,
      opening: `${organization} on ${marketplace} has paid this invoice, and the payment is disputed now.`,
      end: `Answer it in Stripe's dashboard, which says until when. The invoice stays paid and access open meanwhile; if
${organization} is not to go on, suspend the subscription.`,
    },
    LOST: {
      subject: `A payment of ${organization} was taken back`,
      opening: `${organization} on ${marketplace} had paid this invoice, and the payment was taken back: a dispute was lost, or the bank
has returned the debit.`,
      end: `The invoice stays paid and access open. If ${organization} is not to go on, suspend or cancel the subscription.`,
    },
    WON: {
      subject: `A payment of ${organization} is kept`,
      opening: `${organization} on ${marketplace} has paid this invoice, and that the payment was disputed has ended in your favour.`,
      end: 'There is nothing to do.',
    },
  }[state]
  const facts = [
    `Product: ${product}, plan ${plan}`,
    ...(number ? [`Invoice: ${number}`] : []),
    `Amount:  ${amountText(money(amountMinor, currency as Currency))} ${currency}`,
    ...(reason ? [`Reason:  ${reason}`] : []),
  ]
  const text = `${['Hello,', opening, facts.join('\n'), end].join('\n\n')}\n`
  return { kind: disputeNotices[state], subject, text, link: null }
}
