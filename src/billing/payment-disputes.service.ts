import type { Currency } from '../kernel/currency.js'
import { amountText, money } from '../kernel/money.js'
import type { AddresseeRepository } from '../organizations/addressee.repository.js'
import { Notice } from '../organizations/notice.entity.js'
import type { Notices } from '../organizations/notices.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { namesOf } from '../subscriptions/subscription-names.js'
import type { PaymentDispute } from './billing.port.js'
import { disputeMail, disputeNotices } from './dispute.mail.js'
import type { InvoiceRow } from './invoice.entity.js'

/**
 * Tells a provider's people of payments that are wanted back. What was paid stays paid, and access open: whether somebody
 * is to go on meanwhile is for people to decide.
 */
export class PaymentDisputes {
  constructor(
    private readonly addressees: AddresseeRepository,
    private readonly notices: Notices,
    private readonly audit: AuditLog,
  ) {}

  /** @param invoice locked @returns whether there was anything to tell that had not been told */
  async tell(transaction: Transaction, invoice: InvoiceRow, dispute: PaymentDispute): Promise<boolean> {
    const { id: subjectId, providerId, marketplaceId } = invoice
    const subject = { providerId, subjectId, occasion: dispute.stripeDisputeId }
    // That it began may be heard of after that it has ended.
    if (dispute.state === 'OPEN' && (await this.#isTold(transaction, subject))) return false
    const to = await this.addressees.staff(transaction, providerId, managesMarketplaces.provider)
    const letter = disputeMail(await namesOf(transaction, invoice), invoice, dispute)
    if (!(await this.notices.post(transaction, subject, to, letter))) return false
    const entry = { providerId, marketplaceId, action: 'invoice.payment-disputed', subjectId }
    await this.audit.record(transaction, { ...entry, summary: summaryOf(invoice, dispute) })
    return true
  }

  async #isTold(transaction: Transaction, about: { providerId: string; subjectId: string; occasion: string }) {
    const told = await rows(transaction, Notice)
      .selectFrom('Notice')
      .select('kind')
      .where('providerId', '=', about.providerId)
      .where('subjectId', '=', about.subjectId)
      .where('occasion', '=', about.occasion)
      .where('kind', 'in', Object.values(disputeNotices))
      .executeTakeFirst()
    return told !== undefined
  }
}

const outcome: Record<PaymentDispute['state'], string> = {
  OPEN: 'is disputed',
  LOST: 'was taken back',
  WON: 'was disputed, and is kept',
}

function summaryOf({ number, id }: InvoiceRow, { state, amountMinor, currency, reason }: PaymentDispute): string {
  const amount = `${amountText(money(amountMinor, currency as Currency))} ${currency}`
  const because = reason === null ? '' : ` (${reason})`
  return `Of invoice ${number ?? id} a payment of ${amount} ${outcome[state]}${because}. The invoice stays as it is.`
}
