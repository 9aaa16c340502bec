import type { EventFault } from '../faults/faults.js'
import type { Rendered } from '../render/rendering.js'
import { signatureHeader } from './signature.js'

/** What is sent for an event. Without secrets of its own it is signed with the endpoint's. */
export interface Letter {
  readonly body: string
  readonly secrets: readonly string[] | null
  /** Beside the endpoint's, as while a secret is rolled. */
  readonly second: string | null
  /** Seconds that the timestamp is off. */
  readonly shift: number
}

const stranger = 'whsec_of_somebody_else'

export function signed(body: string, secrets: readonly string[], timestamp: number): Record<string, string> {
  return {
    Accept: '*/*; q=0.5, application/xml',
    'Cache-Control': 'no-cache',
    'Content-Type': 'application/json; charset=utf-8',
    'Stripe-Signature': signatureHeader(body, secrets, timestamp),
    'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
  }
}

function letter(event: object, more: Partial<Letter> = {}): Letter {
  return { body: JSON.stringify(event, null, 2), secrets: null, second: null, shift: 0, ...more }
}

/** The letters for an event: a single proper one, unless a fault makes something else of it. */
export function lettersFor(render: (version?: string) => Rendered, fault: EventFault | null): Letter[] {
  const event = render(fault?.act === 'other_api_version' ? fault.version : undefined)
  const proper = letter(event)
  switch (fault?.act) {
    case 'duplicate':
      return Array<Letter>(1 + fault.copies).fill(proper)
    case 'bad_signature':
      return [{ ...proper, secrets: [stranger] }]
    case 'two_signatures':
      return [{ ...proper, second: stranger }]
    case 'old_timestamp':
      return [{ ...proper, shift: -fault.seconds }]
    case 'future_timestamp':
      return [{ ...proper, shift: fault.seconds }]
    case 'other_livemode':
      return [
        letter({
          ...event,
          livemode: true,
          data: { ...dataOf(event), object: { ...objectOf(event), livemode: true } },
        }),
      ]
    case 'thin':
      return [letter(thinned(event))]
    case 'huge_body':
      // Spaces after the end are JSON still, and are signed with the rest.
      return [{ ...proper, body: proper.body + ' '.repeat(fault.bytes) }]
    case 'unknown_type_too':
      return [letter({ ...event, id: `${event.id}unknown`, type: 'sandbox.unheard_of' }), proper]
    case 'foreign_object_too':
      return [letter(foreign(event)), proper]
    default:
      return [proper]
  }
}

function dataOf(event: Rendered): { object: Rendered } {
  return event.data as { object: Rendered }
}

function objectOf(event: Rendered): Rendered {
  return dataOf(event).object
}

/** The same of an object that another application on the account has made. */
function foreign(event: Rendered): object {
  const object = { ...objectOf(event), id: `${objectOf(event).id}foreign`, metadata: {} }
  return { ...event, id: `${event.id}foreign`, data: { object } }
}

/** Only ids: who wants to know more asks. */
function thinned(event: Rendered): object {
  const object = objectOf(event)
  return {
    id: event.id,
    object: 'v2.core.event',
    created: new Date(Number(event.created) * 1000).toISOString(),
    livemode: false,
    related_object: { id: object.id, type: object.object, url: `/v1/${object.object}s/${object.id}` },
    snapshot_event: event.id,
    type: `v1.${String(event.type)}`,
  }
}
