import type { Kysely } from 'kysely'
import { waitingMails } from './identity/waiting-mails.js'
import { type SealedStore, sealedColumn } from './persistence/resealing.js'

/** Everything in the database that ENCRYPTION_KEYS protect. */
export function sealedStores(kysely: Kysely<unknown>): SealedStore[] {
  return [
    sealedColumn(kysely, 'billing_integration', 'sealed_restricted_key'),
    sealedColumn(kysely, 'billing_integration', 'sealed_webhook_secret'),
    sealedColumn(kysely, 'billing_integration', 'sealed_former_webhook_secret'),
    waitingMails(kysely),
  ]
}
