import { isLive } from '../ledger/mode.js'
import type { StripeEvent } from '../ledger/records.js'
import { render } from './newest.js'
import type { Rendered, Rendering } from './rendering.js'

/** The event as an endpoint or a caller of this version sees it: the object as it was at that moment. */
export function renderEvent(event: StripeEvent, asked: Rendering, pending: number = event.pending_webhooks): Rendered {
  const rendering: Rendering = { ...asked, now: event.created, inEvent: true }
  const object = render(event.kind, event.object, rendering)
  const previous = event.previous && render(event.kind, event.previous, rendering)
  return {
    id: event.id,
    object: 'event',
    api_version: rendering.version,
    created: event.created,
    data: { object, ...(previous && { previous_attributes: whatWas(previous, object) }) },
    livemode: isLive(event.account),
    pending_webhooks: pending,
    request: event.request,
    type: event.type,
  }
}

/** The old values of what is different now; of a hash only those of its keys that are. */
function whatWas(before: object, after: object): Record<string, unknown> {
  const was: Record<string, unknown> = {}
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  for (const key of keys) {
    const old = (before as Record<string, unknown>)[key]
    const now = (after as Record<string, unknown>)[key]
    if (JSON.stringify(old) === JSON.stringify(now)) continue
    was[key] = isHash(old) && isHash(now) ? whatWas(old, now) : (old ?? null)
  }
  return was
}

function isHash(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('object' in value)
}
