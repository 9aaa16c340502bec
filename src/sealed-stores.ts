import { waitingMails } from './identity/waiting-mails.js'
import { type SealedStore, sealedColumn } from './persistence/resealing.js'
import type { UnitOfWork } from './persistence/unit-of-work.js'

/** Everything in the database that ENCRYPTION_KEYS protect. */
export function sealedStores(unitOfWork: UnitOfWork<never>): SealedStore[] {
  return [
    sealedColumn(unitOfWork, 'billing_integration', 'sealed_restricted_key'),
    sealedColumn(unitOfWork, 'billing_integration', 'sealed_webhook_secret'),
    sealedColumn(unitOfWork, 'billing_integration', 'sealed_former_webhook_secret'),
    waitingMails(unitOfWork),
  ]
}
