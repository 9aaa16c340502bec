import type { CreateEndpoint, UpdateEndpoint } from '../parameters/platform.parameters.js'
import type { Draft } from './draft.js'
import { mergedMetadata } from './metadata.js'
import { day } from './new-invoice.js'
import type { DeliveryAttempt, WebhookEndpoint } from './records.js'

/** An endpoint that has failed for so long is switched off. */
const failsAtMost = 9 * day

export function createEndpoint(draft: Draft, params: CreateEndpoint): WebhookEndpoint {
  const { account } = draft.asking
  return draft.put('webhook_endpoints', {
    id: draft.id('we_'),
    account,
    created: draft.now,
    api_version: params.api_version ?? null,
    description: params.description ?? null,
    enabled_events: params.enabled_events,
    metadata: mergedMetadata({}, params.metadata),
    secret: draft.id('whsec_', 32),
    rolled: null,
    status: 'enabled',
    url: params.url,
    failing_since: null,
  })
}

export function updateEndpoint(draft: Draft, id: string, params: UpdateEndpoint): WebhookEndpoint {
  const before = draft.require('webhook_endpoints', id)
  const status = params.disabled === undefined ? before.status : params.disabled ? 'disabled' : 'enabled'
  return draft.put('webhook_endpoints', {
    ...before,
    description: params.description === undefined ? before.description : params.description,
    enabled_events: params.enabled_events ?? before.enabled_events,
    metadata: mergedMetadata(before.metadata, params.metadata),
    url: params.url ?? before.url,
    status,
    failing_since: status === before.status ? before.failing_since : null,
  })
}

export function deleteEndpoint(draft: Draft, id: string): WebhookEndpoint {
  const endpoint = draft.require('webhook_endpoints', id)
  for (const delivery of draft.under('deliveries', 'endpoint', id)) {
    if (delivery.state !== 'pending') continue
    draft.put('deliveries', { ...delivery, state: 'failed', next_attempt_at: null })
  }
  draft.drop('webhook_endpoints', id)
  return endpoint
}

/** A new secret; the old one goes on signing beside it for a while. */
export function rollSecret(draft: Draft, id: string, expiresIn: number): WebhookEndpoint {
  const before = draft.require('webhook_endpoints', id)
  return draft.put('webhook_endpoints', {
    ...before,
    secret: draft.id('whsec_', 32),
    rolled: expiresIn > 0 ? { secret: before.secret, until: draft.now + expiresIn } : null,
  })
}

/** What came of an attempt, and when the next one would be; null where that was the last. */
export function recordAttempt(draft: Draft, id: string, made: DeliveryAttempt, nextAt: number | null): void {
  const before = draft.get('deliveries', id)
  const endpoint = before && draft.get('webhook_endpoints', before.endpoint)
  if (!before) return
  const arrived = made.status !== null && made.status >= 200 && made.status < 300
  const failing_since = arrived ? null : (endpoint?.failing_since ?? draft.now)
  const givesUp = failing_since !== null && draft.now - failing_since >= failsAtMost
  const again = !arrived && !givesUp && nextAt !== null && before.state === 'pending'
  draft.put('deliveries', {
    ...before,
    attempts: [...before.attempts, made],
    state: arrived || before.state === 'delivered' ? 'delivered' : again ? 'pending' : 'failed',
    next_attempt_at: again ? nextAt : null,
  })
  if (endpoint && (endpoint.failing_since !== failing_since || givesUp)) {
    draft.put('webhook_endpoints', { ...endpoint, failing_since, status: givesUp ? 'disabled' : endpoint.status })
  }
  if (arrived && before.event_type === 'invoice.created') noteDelivered(draft, before.object)
}

/** It was never sent, which says nothing about its endpoint. */
export function recordWithheld(draft: Draft, id: string, at: number, error: string): void {
  const before = draft.get('deliveries', id)
  if (!before) return
  const attempt = { at, status: null, latency_ms: 0, answer: null, error }
  const state = before.state === 'delivered' ? before.state : 'failed'
  draft.put('deliveries', { ...before, attempts: [...before.attempts, attempt], state, next_attempt_at: null })
}

function noteDelivered(draft: Draft, id: string): void {
  const invoice = draft.get('invoices', id)
  if (invoice && invoice.webhooks_delivered_at === null) {
    draft.put('invoices', { ...invoice, webhooks_delivered_at: draft.now })
  }
}
