import { customerOf } from './customers.js'
import type { Draft } from './draft.js'
import { isLive } from './mode.js'
import { day } from './new-invoice.js'
import type { Account, ApiKey, Delivery, PortalSession } from './records.js'

const answersAreKept = day
const eventsAreKept = 30 * day

export function createAccount(draft: Draft, id: string): Account {
  return draft.put('accounts', {
    id,
    account: id,
    created: draft.now,
    country: 'US',
    name: 'Sandbox',
    email: 'sandbox@example.com',
    default_currency: 'usd',
  })
}

export function createKey(draft: Draft, key: string | null, permissions: readonly string[] | null): ApiKey {
  const mode = isLive(draft.asking.account) ? 'live' : 'test'
  const prefix = `${permissions === null ? 'sk' : 'rk'}_${mode}_sandbox_`
  return draft.put('keys', {
    id: key ?? draft.id(prefix, 24),
    account: draft.asking.account,
    created: draft.now,
    permissions,
  })
}

export function createPortalSession(
  draft: Draft,
  params: { customer: string; return_url: string | null; locale: string | null },
): PortalSession {
  const customer = customerOf(draft, params.customer)
  const session = draft.put('portal_sessions', {
    id: draft.id('bps_'),
    account: customer.account,
    created: draft.now,
    customer: customer.id,
    return_url: params.return_url,
    locale: params.locale,
    token: draft.token(),
  })
  draft.emit('billing_portal.session.created', 'billing_portal.session', session)
  return session
}

export function deliverAgain(draft: Draft, eventId: string, endpointId: string): Delivery {
  const event = draft.require('events', eventId)
  const endpoint = draft.require('webhook_endpoints', endpointId, 'webhook_endpoint')
  return draft.put('deliveries', {
    id: draft.id('dlv_'),
    account: event.account,
    created: draft.now,
    endpoint: endpoint.id,
    event: event.id,
    event_type: event.type,
    object: event.object.id,
    state: 'pending',
    attempts: [],
    next_attempt_at: null,
  })
}

export function unmake(draft: Draft, id: string): null {
  for (const delivery of draft.state.tables.deliveries.under('event', id)) draft.drop('deliveries', delivery.id)
  draft.drop('events', id)
  return null
}

export function prune(draft: Draft): null {
  const { answers, events } = draft.state.tables
  for (const { id, account, created } of answers.values()) {
    if (created >= draft.now - answersAreKept) break
    if (account === draft.asking.account) draft.drop('answers', id)
  }
  for (const { id, account, created } of events.values()) {
    if (created >= draft.now - eventsAreKept) break
    if (account === draft.asking.account) unmake(draft, id)
  }
  return null
}
