import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Exchange } from '../../../src/sandbox/http-server.js'
import { type FormValue, parseForm } from '../../../src/sandbox/wire/form.js'
import { callOf, deletedTypeOf, parametersOf, typeOf } from './calls.js'
import { schemasFor } from './schemas.js'

type Body = Record<string, unknown>

const ajv = new Ajv({ allErrors: true, strict: false })

const list = {
  type: 'object',
  properties: {
    object: { const: 'list' },
    data: { type: 'array' },
    has_more: { type: 'boolean' },
    url: { type: 'string', pattern: '^/v1/' },
  },
  required: ['object', 'data', 'has_more', 'url'],
  additionalProperties: false,
}

const searchResult = {
  type: 'object',
  properties: {
    ...list.properties,
    object: { const: 'search_result' },
    next_page: { type: ['string', 'null'] },
    total_count: { type: 'number' },
  },
  required: [...list.required, 'next_page'],
  additionalProperties: false,
}

const event = {
  type: 'object',
  properties: {
    id: { type: 'string', pattern: '^evt_' },
    object: { const: 'event' },
    api_version: { type: 'string' },
    created: { type: 'integer' },
    data: {
      type: 'object',
      properties: { object: { type: 'object' }, previous_attributes: { type: 'object' } },
      required: ['object'],
      additionalProperties: false,
    },
    livemode: { type: 'boolean' },
    pending_webhooks: { type: 'integer' },
    request: {
      type: 'object',
      properties: { id: { type: ['string', 'null'] }, idempotency_key: { type: ['string', 'null'] } },
      required: ['id', 'idempotency_key'],
      additionalProperties: false,
    },
    type: { type: 'string', pattern: '^[a-z_.]+$' },
  },
  required: ['id', 'object', 'api_version', 'created', 'data', 'livemode', 'pending_webhooks', 'request', 'type'],
  additionalProperties: false,
}

const text = { type: 'string', minLength: 1 }
const refusal = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        type: { enum: ['invalid_request_error', 'card_error', 'idempotency_error', 'api_error'] },
        message: text,
        code: text,
        param: text,
        decline_code: text,
        doc_url: text,
        charge: { type: 'string', pattern: '^ch_' },
        request_log_url: text,
      },
      required: ['type', 'message'],
      additionalProperties: false,
    },
  },
  required: ['error'],
  additionalProperties: false,
}

const envelopes = { list: ajv.compile(list), search_result: ajv.compile(searchResult), event: ajv.compile(event) }
const isRefusal = ajv.compile(refusal)

/** The official CLI's own business, which no SDK declares. */
const undeclared = ['stripecli.session', 'stripecli.key_permissions']

/** Holds what goes over the wire against the JSON Schemas of its API version. */
export class Contract {
  /** What was not as Stripe declares it. */
  readonly problems: string[] = []
  /** How much was looked at. */
  checked = 0

  readonly watch = ({ request, reply }: Exchange): void => {
    const about = `${request.method} ${request.path} → ${reply.status}`
    const version = reply.headers['Stripe-Version'] as string
    this.#request(request, reply, version, about)
    if (request.path.startsWith('/v1/stripecli/')) return
    const body = JSON.parse(reply.body) as Body
    if (reply.status >= 400) this.#hold(isRefusal, body, about)
    else this.object(body, version, about)
  }

  /** An object of any kind, with what is inside. */
  object(body: Body, version: string, about: string): void {
    this.checked += 1
    const kind = String(body.object)
    if (undeclared.includes(kind)) return
    if (kind === 'list' || kind === 'search_result') {
      this.#hold(envelopes[kind], body, about)
      for (const each of body.data as Body[]) this.object(each, version, about)
      return
    }
    if (kind === 'event') {
      this.#event(body, about)
      return
    }
    const name = body.deleted === true ? deletedTypeOf[kind] : typeOf[kind]
    if (!name) return void this.problems.push(`${about}: nothing is known of ${kind}`)
    const schema = schemasFor(version)?.of(name)
    if (schema) this.#hold(schema, body, `${about} (${name}, ${version})`)
  }

  #event(body: Body, about: string): void {
    this.#hold(envelopes.event, body, about)
    const { object } = body.data as { object: Body }
    this.object(object, String(body.api_version), `${about} ${String(body.type)}`)
  }

  /** What was done must be allowed by the schema, and what was unknown must be unknown to it too. */
  #request(request: Exchange['request'], reply: Exchange['reply'], version: string, about: string): void {
    const call = callOf(request.method, request.path)
    const schema = call && schemasFor(version)?.of(parametersOf[call] as string)
    if (!schema) return
    this.checked += 1
    const unknown = reply.status === 400 && reply.body.includes('"parameter_unknown"')
    if (reply.status >= 400 && !unknown) return
    const params = asWritten(parseForm(request.form))
    if (!unknown) this.#hold(schema, params, `${about} request ${request.form}`)
    else if (schema(params)) this.problems.push(`${about}: refused ${request.form}, which ${version} knows`)
  }

  #hold(schema: ValidateFunction, value: unknown, about: string): void {
    if (!schema(value)) this.problems.push(`${about}: ${(schema.errors ?? []).map(inWords).join('; ')}`)
  }
}

function inWords({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath || '/'} ${message ?? ''} ${JSON.stringify(params)}`
}

/** Groups that count from 0 are lists. */
function asWritten(value: FormValue): unknown {
  if (typeof value === 'string') return value
  const entries = Object.entries(value)
  const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))
  if (isList) return entries.sort(([one], [other]) => Number(one) - Number(other)).map(([, each]) => asWritten(each))
  return Object.fromEntries(entries.map(([key, each]) => [key, asWritten(each)]))
}
