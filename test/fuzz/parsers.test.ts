import { describe, expect, test } from '@jest/globals'
import { GraphQLError, type GraphQLScalarType } from 'graphql'
import { isPublicId, newKey, parseKey } from '../../src/access/api-key.js'
import { coveringPaths, resolvedSegments } from '../../src/access/request-path.js'
import { acceptableForm } from '../../src/catalog/request-form.rules.js'
import { cursorText, readCursor } from '../../src/events/event-cursor.js'
import {
  BigIntScalar,
  CurrencyScalar,
  DateTimeScalar,
  DecimalScalar,
  EmailAddressScalar,
  JsonScalar,
  SemVerScalar,
  TimeZoneScalar,
  urlScalar,
} from '../../src/graphql/scalars.js'
import { readWebAddress } from '../../src/graphql/web-address.js'
import { bearerToken } from '../../src/http/graphql-http.route.js'
import { type Currency, currency } from '../../src/kernel/currency.js'
import { decimal, isDecimalText, plain } from '../../src/kernel/decimal.js'
import { idPrefix, newId } from '../../src/kernel/id.js'
import { amountText, parseAmount } from '../../src/kernel/money.js'
import { decodeCursor, encodeCursor, pageRequest } from '../../src/kernel/page.js'
import { RequestError } from '../../src/kernel/request-error.js'
import { Secret } from '../../src/kernel/secret.js'
import { readList, readName, readText } from '../../src/kernel/text.js'
import { SecretBox } from '../../src/persistence/secret-box.js'
import { readInvoice } from '../../src/stripe/invoice-reading.js'
import { envelopeOf, meaningOf } from '../../src/stripe/stripe-event.translator.js'
import { signer } from '../../src/stripe/stripe-signature.js'
import { digestOf, PreviewTokens } from '../../src/subscriptions/preview-token.js'
import { signatureOf } from '../support/sandbox.js'
import { campaign, Dice, patienceInMs, share } from './campaign.js'
import { hostileText, hostileValue } from './hostile.js'

/** What reads something that came from outside. */
interface Reader {
  /** Values that it takes, to be spoilt. */
  good: readonly string[]
  /** @throws when it breaks, or reads something that it would write in another way */
  read(text: string, dice: Dice): void
}

const id = newId('inv')
const key = newKey('API_KEY', 'test')
const now = new Date('2026-11-24T10:00:00Z')
const previews = new PreviewTokens(Buffer.alloc(32, 1))
const box = new SecretBox([Buffer.alloc(32, 2)])
const place = { table: 't', column: 'c', id, providerId: 'prov' }
const secret = 'whsec_0123456789abcdef0123'
const shown = { planId: 'plan_1', organizationId: 'org_1', at: now, digest: digestOf([1n]) }
const change = {
  productSubscriptionId: 'psub_1',
  planId: 'plan_1',
  when: 'NOW' as const,
  at: now,
  digest: digestOf([2n]),
}
const body = Buffer.from('{"object":"event"}')
const times = [0, 299, 301].map((offBy) => signatureOf({ body, secret, offBy }))

/** A refusal of a scalar's own kind is an answer; whatever it takes, it gives back and takes again. */
function scalar(type: GraphQLScalarType, ...good: string[]): Reader {
  const parsed = (value: unknown): { value: unknown } | null => {
    try {
      return { value: type.parseValue(value) }
    } catch (error) {
      if (error instanceof GraphQLError && error.extensions.code === 'BAD_USER_INPUT') return null
      throw error
    }
  }
  return {
    good,
    read(text, dice) {
      if (dice.once(8)) parsed(hostileValue(dice, good))
      const once = parsed(text)
      if (!once) return
      const written = type.serialize(once.value)
      const twice = parsed(written)
      if (!twice) throw new Error(`${type.name} does not take what it writes: ${JSON.stringify(written)}`)
      expect(type.serialize(twice.value)).toEqual(written)
    },
  }
}

function same(one: unknown, other: unknown): void {
  if (one !== other) throw new Error(`${JSON.stringify(one)} is not ${JSON.stringify(other)}`)
}

const readers: Readonly<Record<string, Reader>> = {
  DateTime: scalar(
    DateTimeScalar,
    '2026-11-24T10:00:00Z',
    '2024-02-29T23:59:59.123+05:45',
    '2026-12-31T00:00:00-12:00',
  ),
  BigInt: scalar(BigIntScalar, '0', '-1', '9223372036854775807', '-9223372036854775808'),
  Decimal: scalar(DecimalScalar, '0', '-0.0001', '25.00', '123456789.987654321'),
  Currency: scalar(CurrencyScalar, 'USD', 'JPY', 'KWD'),
  EmailAddress: scalar(EmailAddressScalar, 'ada@example.com', "o'neil+x@mail.example.co.uk"),
  URL: scalar(urlScalar(true), 'https://harbour.example/a?b=c#d', 'http://127.0.0.1:3000/', 'https://[2606:4700::1]/'),
  TimeZone: scalar(TimeZoneScalar, 'Europe/Paris', 'UTC', 'America/Argentina/Buenos_Aires'),
  SemVer: scalar(SemVerScalar, '1.0.0', '10.20.30-beta.1'),
  JSON: {
    good: ['a', '__proto__', 'constructor'],
    read(_text, dice) {
      const value = hostileValue(dice, ['__proto__', 'a'], 5)
      expect(JSON.stringify(JsonScalar.parseValue(value))).toBe(JSON.stringify(value))
    },
  },
  id: {
    good: [id, newId('usr'), newId('plan')],
    read: (text) => {
      const prefix = idPrefix(text)
      if (prefix !== null) same(text.startsWith(`${prefix}_`) && text.length === prefix.length + 27, true)
    },
  },
  'cursor of a list': {
    good: [encodeCursor(id), encodeCursor(newId('usr'))],
    read: (text, dice) => {
      const read = decodeCursor(text)
      if (read !== null) same(encodeCursor(read), text)
      pageRequest({ first: dice.of([null, 0, 1, 100, 101, -1, 2 ** 31]), after: text, last: null, before: null })
    },
  },
  'cursor of the event log': {
    good: [
      cursorText({ transactionId: 1n, sequence: 2n }),
      cursorText({ transactionId: 2n ** 63n - 1n, sequence: 9n }),
    ],
    read: (text) => {
      const read = readCursor(text)
      if (read) same(read.transactionId < 2n ** 63n && read.sequence < 2n ** 63n, true)
    },
  },
  'decimal number': {
    good: ['0', '-0.0001', '25.00', '99999999999999999999'],
    read: (text) => {
      if (!isDecimalText(text)) return
      const written = plain(decimal(text))
      same(plain(decimal(written)), written)
    },
  },
  'amount of money': {
    good: ['25', '25.00', '-0.01', '92233720368547758.07'],
    read: (text, dice) => {
      const of = currency(dice.of(['USD', 'JPY', 'KWD'])) as Currency
      const read = parseAmount(text, of)
      if (!read.ok) return
      const again = parseAmount(amountText(read.value), of)
      same(again.ok && again.value.minor === read.value.minor, true)
    },
  },
  'web address': {
    good: [
      'https://harbour.example/',
      'https://10.0.0.1/',
      'https://[::ffff:10.0.0.1]/',
      'https://0x7f.1/',
      'http://localhost/',
    ],
    read: (text) => {
      const address = readWebAddress(text, false)
      if (address === null) return
      same(readWebAddress(address, false), address)
      const { protocol, username, password, hostname } = new URL(address)
      same(protocol === 'https:' && username === '' && password === '' && hostname.length > 0, true)
    },
  },
  'name and text': {
    good: ['Acme', 'A fine name', 'Bücher & Söhne'],
    read: (text) => {
      for (const read of [readName(text, []), readText(text, [], 100), readList([text, text], [])]) {
        if (read.ok) same(JSON.stringify(read.value).includes('\\u0000'), false)
      }
    },
  },
  'API key': {
    good: [key.secret.reveal(), key.publicId],
    read: (text) => {
      parseKey(text)
      isPublicId(text)
    },
  },
  'path of a call': {
    good: ['/pets/v1', '/a%2fb/../c', '//x/./y?z=1', '/%e4%b8%ad/%00', 'http://host/p', '/a;b=c/d\\e'],
    read: (text) => {
      resolvedSegments(text)
      coveringPaths(text)
    },
  },
  authorization: {
    good: ['Bearer mat_0000000000000000000000000000000000000000000', 'bearer x', 'Basic cm9vdDpyb290'],
    read: (text) => {
      try {
        bearerToken(text)
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
      }
    },
  },
  'token of a preview': {
    good: [previews.issue(shown), previews.issueChange(change)],
    read: (text) => {
      const forged = previews.read(text, now) ?? previews.readChange(text, now)
      if (forged) same([previews.issue(shown), previews.issueChange(change)].includes(text), true)
    },
  },
  'sealed value': {
    good: [box.seal(new Secret('a secret'), place)],
    read: (text) => {
      const opened = (() => {
        try {
          return box.open(text, place).reveal()
        } catch (error) {
          if (/^A sealed value cannot be opened/.test((error as Error).message)) return null
          throw error
        }
      })()
      if (opened !== null) same(opened, 'a secret')
    },
  },
  "signature of Stripe's": {
    good: [...times, `t=1,v1=${'0'.repeat(64)}`, 't=9999999999999'],
    read: (text, dice) => {
      const connection = { secrets: [new Secret(secret)] }
      const other = dice.once(2) ? body : Buffer.from(hostileText(dice, []))
      const fits = signer(other, text, [connection], new Date())
      if (fits)
        same(
          other.equals(body) && times.some((header) => header.split(',')[1] === /v1=[0-9a-f]{64}/.exec(text)?.[0]),
          true,
        )
    },
  },
  "event of Stripe's": {
    good: ['invoice.paid', 'event', 'evt_1', 'in_1'],
    read: (text, dice) => {
      const object = hostileInvoice(dice)
      const event = envelopeOf({
        object: 'event',
        id: dice.of(['evt_1', text]),
        type: dice.of(eventTypes),
        data: { object },
      })
      if (event) meaningOf(event)
      readInvoice(object)
      envelopeOf(hostileValue(dice, ['event']))
    },
  },
  'form of answers': {
    good: [
      '{"type":"object"}',
      '{"$ref":"#/definitions/a","definitions":{"a":{"type":"string","maxLength":3}}}',
      '{"pattern":"(a+)+$"}',
    ],
    read: (text, dice) => {
      const value = dice.once(2)
        ? json(text)
        : hostileValue(dice, ['type', 'object', '$ref', '#', 'properties', 'format'], 4)
      acceptableForm(value, ['input', 'requestForm'])
    },
  },
}

const eventTypes = [
  'invoice.paid',
  'invoice.updated',
  'customer.deleted',
  'payment_intent.processing',
  'invoice.deleted',
  'x',
]

function hostileInvoice(dice: Dice): unknown {
  const good: Record<string, unknown> = {
    object: 'invoice',
    id: 'in_1',
    status: 'paid',
    currency: 'usd',
    total: 2_500,
    amount_paid: 2_500,
    amount_due: 2_500,
    hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_1',
    due_date: 1_770_000_000,
    metadata: { invoice_id: id },
    status_transitions: { paid_at: 1_770_000_000 },
    lines: { data: [] },
  }
  for (let edits = dice.below(4); edits > 0; edits -= 1) {
    good[dice.of(Object.keys(good))] = hostileValue(dice, ['paid', 'open', 'usd', 'in_1'])
  }
  return dice.once(20) ? hostileValue(dice, []) : good
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const each = Math.ceil(share(0.98) / Object.keys(readers).length)

describe(`${each} inputs for each reader, seed ${campaign.seed}:`, () => {
  test.each(Object.entries(readers))(
    '%s',
    (name, { good, read }) => {
      const dice = new Dice(campaign.seed)
      for (let at = 0; at < each; at += 1) {
        const text = hostileText(dice, good)
        try {
          read(text, dice)
        } catch (error) {
          throw new Error(`${name}, seed ${campaign.seed}, input ${at}, ${JSON.stringify(text)}`, { cause: error })
        }
      }
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    },
    patienceInMs,
  )
})
