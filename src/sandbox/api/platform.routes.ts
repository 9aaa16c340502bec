import { lookUp } from '../ledger/lookup.js'
import { accountId } from '../ledger/mode.js'
import type { StripeEvent, WebhookEndpoint } from '../ledger/records.js'
import { invalid, missing } from '../ledger/stripe-error.js'
import { createCreditNote, listCreditNotes, updateCreditNote } from '../parameters/invoice.parameters.js'
import {
  advanceTestClock,
  createEndpoint,
  createTestClock,
  listEndpoints,
  listEvents,
  retrieve,
  retryEvent,
  updateEndpoint,
} from '../parameters/platform.parameters.js'
import { page as pageParams } from '../parameters/shared.parameters.js'
import { renderEvent } from '../render/event.js'
import { renderCreditNoteLine } from '../render/newest-credit-note.js'
import type { Rendered } from '../render/rendering.js'
import { page, within } from './listing.js'
import { type Answer, type Call, deleted, perform, performed, type Route, rendered, route } from './route.js'

function endpointWithSecret(call: Call<unknown>, endpoint: WebhookEndpoint): Answer {
  return { body: { ...rendered(call, 'webhook_endpoint', endpoint), secret: endpoint.secret } }
}

function endpointById({ engine, asking }: Call<unknown>, id: string): WebhookEndpoint {
  return lookUp(engine.state, asking.account, 'webhook_endpoints', id)
}

/** An event keeps the version it was made with: the account's. */
function shown(call: Call<unknown>, event: StripeEvent): Rendered {
  const version = call.settings.defaultVersion
  return renderEvent(event, { ...call.rendering, version }, undelivered(call, event).length)
}

function undelivered({ engine }: Call<unknown>, event: StripeEvent) {
  return [...engine.state.tables.deliveries.under('event', event.id)].filter(
    (delivery) => delivery.state !== 'delivered',
  )
}

function eventById({ engine, asking }: Call<unknown>, id: string): StripeEvent {
  return lookUp(engine.state, asking.account, 'events', id)
}

/** `invoice.*` is every event of invoices. */
function isOf(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}

const eventRoutes: Route[] = [
  route('GET', '/v1/events', 'events:read', listEvents, (call) => {
    const { created, delivery_success, type, types } = call.params
    return page(call.params, {
      rows: call.engine.state.tables.events.newest('account', call.asking.account),
      noun: 'event',
      url: '/v1/events',
      matches: (event) =>
        (type === undefined || isOf(event.type, type)) &&
        (types === undefined || types.some((wanted) => isOf(event.type, wanted))) &&
        within(event.created, created) &&
        (delivery_success === undefined || (undelivered(call, event).length === 0) === delivery_success),
      show: (event) => shown(call, event),
    })
  }),
  route('GET', '/v1/events/:id', 'events:read', retrieve, (call) => ({
    body: shown(call, eventById(call, call.path.id as string)),
  })),
  route('POST', '/v1/events/:id/retry', 'events:write', retryEvent, (call) => {
    const event = eventById(call, call.path.id as string)
    const { for_stripecli, webhook_endpoint } = call.params
    if (for_stripecli) call.cli.tell([event])
    else if (webhook_endpoint) perform(call, { do: 'delivery.again', event: event.id, endpoint: webhook_endpoint })
    else
      throw invalid('Missing required param: webhook_endpoint.', {
        code: 'parameter_missing',
        param: 'webhook_endpoint',
      })
    return { body: shown(call, event) }
  }),
]

const creditNoteRoutes: Route[] = [
  route('POST', '/v1/credit_notes', 'credit_notes:write', createCreditNote, (call) =>
    performed(call, 'credit_note', { do: 'credit_note.create', params: call.params }),
  ),
  route('GET', '/v1/credit_notes', 'credit_notes:read', listCreditNotes, (call) => {
    const { credit_notes } = call.engine.state.tables
    const { created, customer, invoice } = call.params
    return page(call.params, {
      rows: invoice ? credit_notes.newest('invoice', invoice) : credit_notes.newest('account', call.asking.account),
      noun: 'credit note',
      url: '/v1/credit_notes',
      matches: (note) =>
        note.account === call.asking.account &&
        (customer === undefined || note.customer === customer) &&
        within(note.created, created),
      show: (note) => rendered(call, 'credit_note', note),
    })
  }),
  route('GET', '/v1/credit_notes/:id', 'credit_notes:read', retrieve, (call) => ({
    kind: 'credit_note',
    object: lookUp(call.engine.state, call.asking.account, 'credit_notes', call.path.id as string),
  })),
  route('GET', '/v1/credit_notes/:id/lines', 'credit_notes:read', pageParams, (call) => {
    const note = lookUp(call.engine.state, call.asking.account, 'credit_notes', call.path.id as string)
    return page(call.params, {
      rows: note.lines,
      noun: 'credit note line item',
      url: `/v1/credit_notes/${note.id}/lines`,
      show: (line) => renderCreditNoteLine(line, note, call.rendering),
    })
  }),
  route('POST', '/v1/credit_notes/:id', 'credit_notes:write', updateCreditNote, (call) =>
    performed(call, 'credit_note', { do: 'credit_note.update', id: call.path.id as string, params: call.params }),
  ),
  route('POST', '/v1/credit_notes/:id/void', 'credit_notes:write', retrieve, (call) =>
    performed(call, 'credit_note', { do: 'credit_note.void', id: call.path.id as string }),
  ),
]

const testClockRoutes: Route[] = [
  route('POST', '/v1/test_helpers/test_clocks', 'test_clocks:write', createTestClock, (call) =>
    performed(call, 'test_helpers.test_clock', { do: 'test_clock.create', params: call.params }),
  ),
  route('GET', '/v1/test_helpers/test_clocks', 'test_clocks:read', pageParams, (call) =>
    page(call.params, {
      rows: call.engine.state.tables.test_clocks.newest('account', call.asking.account),
      noun: 'test clock',
      url: '/v1/test_helpers/test_clocks',
      show: (clock) => rendered(call, 'test_helpers.test_clock', clock),
    }),
  ),
  route('GET', '/v1/test_helpers/test_clocks/:id', 'test_clocks:read', retrieve, (call) => ({
    kind: 'test_helpers.test_clock',
    object: lookUp(call.engine.state, call.asking.account, 'test_clocks', call.path.id as string),
  })),
  route('POST', '/v1/test_helpers/test_clocks/:id/advance', 'test_clocks:write', advanceTestClock, (call) => {
    const [id, to] = [call.path.id as string, call.params.frozen_time]
    const answer = performed(call, 'test_helpers.test_clock', { do: 'test_clock.start_advance', id, to })
    call.engine.advanceTestClock(id, to)
    return answer
  }),
  route('DELETE', '/v1/test_helpers/test_clocks/:id', 'test_clocks:write', {}, (call) => {
    perform(call, { do: 'test_clock.delete', id: call.path.id as string })
    return deleted('test_helpers.test_clock', call.path.id as string)
  }),
]

export const platformRoutes: Route[] = [
  ...eventRoutes,
  ...creditNoteRoutes,
  ...testClockRoutes,
  route('GET', '/v1/account', 'account:read', retrieve, (call) => ({
    kind: 'account',
    object: lookUp(call.engine.state, call.asking.account, 'accounts', call.asking.account),
  })),
  route('GET', '/v1/accounts/:id', 'account:read', retrieve, (call) => {
    const id = call.path.id as string
    if (id !== accountId(call.asking.account)) throw missing('account', id)
    return { kind: 'account', object: lookUp(call.engine.state, call.asking.account, 'accounts', call.asking.account) }
  }),
  route('POST', '/v1/webhook_endpoints', 'webhook_endpoints:write', createEndpoint, (call) =>
    endpointWithSecret(call, perform(call, { do: 'endpoint.create', params: call.params }) as WebhookEndpoint),
  ),
  route('GET', '/v1/webhook_endpoints', 'webhook_endpoints:read', listEndpoints, (call) =>
    page(call.params, {
      rows: call.engine.state.tables.webhook_endpoints.newest('account', call.asking.account),
      noun: 'webhook endpoint',
      url: '/v1/webhook_endpoints',
      show: (endpoint) => rendered(call, 'webhook_endpoint', endpoint),
    }),
  ),
  route('GET', '/v1/webhook_endpoints/:id', 'webhook_endpoints:read', retrieve, (call) => ({
    kind: 'webhook_endpoint',
    object: endpointById(call, call.path.id as string),
  })),
  route('POST', '/v1/webhook_endpoints/:id', 'webhook_endpoints:write', updateEndpoint, (call) =>
    performed(call, 'webhook_endpoint', { do: 'endpoint.update', id: call.path.id as string, params: call.params }),
  ),
  route('DELETE', '/v1/webhook_endpoints/:id', 'webhook_endpoints:write', {}, (call) => {
    perform(call, { do: 'endpoint.delete', id: call.path.id as string })
    return deleted('webhook_endpoint', call.path.id as string)
  }),
]
