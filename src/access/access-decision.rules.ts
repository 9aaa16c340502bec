import { decimal } from '../kernel/decimal.js'
import { remainingUnits } from '../usage/usage.rules.js'
import type {
  AccessBlock,
  AccessBlockCode,
  CallFacts,
  CredentialFacts,
  QuotaFacts,
  RequestFacts,
  SubscriptionFacts,
} from './access-facts.js'

/** Whether a call may pass: it may where there is no reason against it. */
export interface CallVerdict {
  readonly allowed: boolean
  /** All of them; empty when allowed. */
  readonly reasons: readonly AccessBlock[]
  /** On which request the call counts, or would count; null where there is none. */
  readonly request: RequestFacts | null
}

/** Of a key that is not known nothing else can be said. */
export const unknownCredential: AccessBlock = block(
  'CREDENTIAL_UNKNOWN',
  'There is no such key here. Call with a key of an application of this marketplace.',
)

/**
 * Decides for one resource, by the plan that covers it: where several requests of the application are for the
 * resource, one that passes is enough, so that what one plan owes never closes what another covers.
 */
export function verdictOn(facts: CallFacts, now: Date): CallVerdict {
  const request = countedRequest(facts.requests)
  const reasons = [...credentialBlocks(facts.credential, now), ...resourceBlocks(facts, request)]
  return { allowed: reasons.length === 0, reasons, request }
}

/** The request that a call counts on: one that passes, else the one that is nearest to passing. */
export function countedRequest(requests: readonly RequestFacts[]): RequestFacts | null {
  let best: RequestFacts | null = null
  for (const request of requests) {
    if (!best || distance(request) <= distance(best)) best = request
  }
  return best
}

/** Why a credential opens nothing, whatever is called. A time at which it expires is the first at which it does not work. */
export function credentialBlocks(credential: CredentialFacts, now: Date): AccessBlock[] {
  const blocks: AccessBlock[] = []
  if (credential.state === 'SUSPENDED') {
    blocks.push(block('CREDENTIAL_SUSPENDED', 'The key is suspended: it works again when it is enabled.'))
  }
  if (credential.state === 'EXPIRED' || (credential.expiresAt !== null && credential.expiresAt <= now)) {
    blocks.push(block('CREDENTIAL_EXPIRED', 'The key has expired: make a new one.'))
  }
  if (credential.state === 'REVOKED') {
    blocks.push(block('CREDENTIAL_REVOKED', 'The key was revoked for good: make a new one.'))
  }
  return blocks
}

/** Why access under a subscription is closed, whichever of its resources is called. */
export function subscriptionBlocks(facts: SubscriptionFacts): AccessBlock[] {
  return [
    ...organizationBlocks(facts.organizationState),
    ...productBlocks(facts),
    ...agreementBlocks(facts),
    ...paymentBlocks(facts),
  ]
}

/** Why an access request is not open, credentials and used-up quotas apart: they close calls, not the request. */
export function requestBlocks(facts: RequestFacts): AccessBlock[] {
  return [
    ...organizationBlocks(facts.organizationState),
    ...productBlocks(facts),
    ...coverageBlocks(facts),
    ...approvalBlocks(facts),
    ...agreementBlocks(facts),
    ...paymentBlocks(facts),
  ]
}

/** The step that an approved request takes by itself: it is open while there is no reason against it. */
export function stepThatFollows(facts: RequestFacts): 'open' | 'close' {
  return requestBlocks(facts).length === 0 ? 'open' : 'close'
}

/** Whether a STRICT limit is reached: then the next call is refused. */
export function isUsedUp(quota: QuotaFacts): boolean {
  return quota.limit === 'STRICT' && quota.limitUnits !== null && decimal(quota.used).gte(quota.limitUnits)
}

/** How many units are left, not below zero; null when unlimited. Of a LOOSE quota, those that cost nothing more. */
export function remainingOf({
  limit,
  limitUnits,
  used,
}: Pick<QuotaFacts, 'limit' | 'limitUnits' | 'used'>): string | null {
  return remainingUnits(limit === 'UNLIMITED' || limitUnits === null ? null : BigInt(limitUnits), used)
}

function resourceBlocks(facts: CallFacts, request: RequestFacts | null): AccessBlock[] {
  if (facts.resourceId !== null && request) return [...requestBlocks(request), ...quotaBlocks(request.quota)]
  const organization = organizationBlocks(facts.credential.organizationState)
  if (facts.resourceId === null) {
    return [...organization, block('RESOURCE_UNKNOWN', 'No API is served at this address: check the path.')]
  }
  const message = 'The application has no access to this API: request it under a subscription that covers it.'
  return [...organization, block('NO_ACCESS_REQUEST', message)]
}

/** Live requests before decided ones, then by the number of reasons against them. */
function distance(request: RequestFacts): number {
  const reasons = requestBlocks(request).length + quotaBlocks(request.quota).length
  const settled = request.requestState === 'DENIED' || request.requestState === 'REVOKED'
  return reasons + (settled ? 1_000 : 0)
}

function organizationBlocks(state: SubscriptionFacts['organizationState']): AccessBlock[] {
  if (state === 'ACTIVE') return []
  return [block('ORGANIZATION_DISABLED', 'The organization is not active: the provider can enable it.')]
}

function productBlocks({ productState }: SubscriptionFacts): AccessBlock[] {
  if (productState !== 'ARCHIVED') return []
  return [block('PRODUCT_ARCHIVED', 'The product was archived: it is not served any more.')]
}

function coverageBlocks({ quota }: RequestFacts): AccessBlock[] {
  if (quota) return []
  return [block('RESOURCE_NOT_IN_PLAN', 'The plan does not cover this API: another plan may.')]
}

function approvalBlocks({ requestState }: RequestFacts): AccessBlock[] {
  switch (requestState) {
    case 'PENDING_APPROVAL':
      return [block('ACCESS_NOT_APPROVED', 'The access request waits for the provider to approve it.')]
    case 'DENIED':
      return [block('ACCESS_NOT_APPROVED', 'The provider denied the access request: it may be requested again.')]
    case 'REVOKED':
      return [block('ACCESS_REVOKED', 'Access was revoked: it may be requested again.')]
    case 'WAITING':
    case 'GRANTED':
    case 'SUSPENDED':
      return []
  }
}

function agreementBlocks({ subscriptionState }: SubscriptionFacts): AccessBlock[] {
  switch (subscriptionState) {
    case 'PENDING_APPROVAL':
      return [block('SUBSCRIPTION_NOT_APPROVED', 'The subscription waits for the provider to approve it.')]
    case 'REJECTED':
      return [block('SUBSCRIPTION_NOT_APPROVED', 'The provider rejected the subscription: subscribe again.')]
    case 'SUSPENDED':
      return [block('SUSPENDED_BY_PROVIDER', 'The provider has suspended the subscription, and can resume it.')]
    case 'CANCELED':
      return [block('SUBSCRIPTION_ENDED', 'The subscription was canceled: a new one opens access again.')]
    case 'EXPIRED':
      return [block('SUBSCRIPTION_ENDED', 'The subscription has expired: a new one opens access again.')]
    case 'ACTIVE':
      return []
  }
}

function paymentBlocks({ standing, unpaidInvoiceId }: SubscriptionFacts): AccessBlock[] {
  switch (standing) {
    case 'AWAITING_FIRST_PAYMENT':
      return [block('FIRST_INVOICE_UNPAID', 'Access opens when the first invoice is paid.', unpaidInvoiceId)]
    case 'PAST_DUE':
      return [block('INVOICE_PAST_DUE', 'Access opens again when the overdue invoice is paid.', unpaidInvoiceId)]
    case 'NOT_REQUIRED':
    case 'GOOD':
    case 'GRACE':
      return []
  }
}

function quotaBlocks(quota: QuotaFacts | null): AccessBlock[] {
  if (!quota || !isUsedUp(quota)) return []
  return [
    block('QUOTA_EXCEEDED', 'The quota is used up: it starts again with its next interval, or take another plan.'),
  ]
}

function block(code: AccessBlockCode, message: string, invoiceId: string | null = null): AccessBlock {
  return { code, message, invoiceId }
}
