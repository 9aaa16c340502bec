import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql'
import { valid as validRelease } from 'semver'
import { currency } from '../kernel/currency.js'
import { isDecimalText, plain } from '../kernel/decimal.js'
import { isTimeZone } from '../kernel/period.js'
import { readWebAddress } from './web-address.js'

const invalid = (type: string, expected: string): GraphQLError =>
  new GraphQLError(`This is no ${type}: ${expected}.`, { extensions: { code: 'BAD_USER_INPUT' } })

interface ScalarDefinition<Inside, Outside> {
  name: string
  description: string
  /** What a value must look like, to end the sentence "This is no X: …". */
  expected: string
  /** Undefined when the text is none of this type. */
  parse(text: string): Inside | undefined
  serialize(value: unknown): Outside
  /** Whether a JSON number is taken as well, by its digits. */
  takesNumbers?: boolean
}

function textScalar<Inside, Outside>(definition: ScalarDefinition<Inside, Outside>) {
  const { name, description, expected, parse, serialize } = definition
  const read = (text: string): Inside => {
    const value = text.length > 2_048 ? undefined : parse(text)
    if (value === undefined) throw invalid(name, expected)
    return value
  }
  return new GraphQLScalarType<Inside, Outside>({
    name,
    description,
    serialize,
    parseValue(value) {
      if (typeof value === 'string') return read(value)
      if (definition.takesNumbers && Number.isSafeInteger(value)) return read(String(value))
      throw invalid(name, expected)
    },
    parseLiteral(node: ValueNode) {
      if (node.kind === Kind.STRING) return read(node.value)
      if (definition.takesNumbers && node.kind === Kind.INT) return read(node.value)
      throw invalid(name, expected)
    },
  })
}

const rfc3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i

export const DateTimeScalar = textScalar<Date, string>({
  name: 'DateTime',
  description: 'An instant as RFC 3339 has it. Results are in UTC.',
  expected: 'an RFC 3339 instant such as 2026-11-24T10:00:00Z is',
  parse(text) {
    if (!rfc3339.test(text)) return undefined
    const instant = new Date(text)
    // A day that the month does not have rolls over in JavaScript; it is refused here.
    const day = Number(text.slice(8, 10))
    const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
    return Number.isNaN(instant.getTime()) || day > lastDay ? undefined : instant
  },
  serialize: (value) => new Date(value as Date | string).toISOString(),
})

const largest = 2n ** 63n
export const BigIntScalar = textScalar<bigint, string>({
  name: 'BigInt',
  description: 'A whole number of up to 64 bits, as a decimal string in results; input also takes a JSON number.',
  expected: 'a whole number of at most 64 bits is',
  takesNumbers: true,
  parse(text) {
    if (!/^-?\d{1,19}$/.test(text)) return undefined
    const value = BigInt(text)
    return value >= -largest && value < largest ? value : undefined
  },
  serialize: (value) => String(value),
})

export const DecimalScalar = textScalar<string, string>({
  name: 'Decimal',
  description: 'An exact decimal number as a string, such as "0.0001".',
  expected: 'a decimal number such as "0.0001" is',
  takesNumbers: true,
  parse: (text) => (isDecimalText(text) ? text : undefined),
  serialize: (value) => (typeof value === 'string' ? value : plain(value as Parameters<typeof plain>[0])),
})

export const CurrencyScalar = textScalar<string, string>({
  name: 'Currency',
  description: 'ISO 4217, upper case.',
  expected: 'an ISO 4217 code such as USD is',
  parse: (text) => currency(text) ?? undefined,
  serialize: String,
})

const label = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const address = new RegExp(`^[^\\s\\p{C}@"(),:;<>[\\\\\\]]{1,64}@${label}(\\.${label})+$`, 'u')
export const EmailAddressScalar = textScalar<string, string>({
  name: 'EmailAddress',
  description: 'An email address; kept in lower case.',
  expected: 'an address such as ada@example.com is',
  parse: (text) => (text.length <= 254 && address.test(text) ? text.toLowerCase() : undefined),
  serialize: String,
})

/** Stands for the scalar below where a type is named: which addresses are taken depends on where the backend runs. */
export abstract class UrlScalar {}

/** @param onThisMachine whether an address of this machine is taken, by http too */
export const urlScalar = (onThisMachine: boolean) =>
  textScalar<string, string>({
    name: 'URL',
    description: 'An absolute https address (http only for a host on this machine, in development).',
    expected: 'an absolute https address of a public place is',
    parse: (text) => readWebAddress(text, onThisMachine) ?? undefined,
    serialize: String,
  })

export const TimeZoneScalar = textScalar<string, string>({
  name: 'TimeZone',
  description: 'An IANA time zone, such as Europe/Paris.',
  expected: 'an IANA time zone such as Europe/Paris is',
  parse: (text) => (isTimeZone(text) ? text : undefined),
  serialize: String,
})

export const SemVerScalar = textScalar<string, string>({
  name: 'SemVer',
  description: 'A release such as 2.1.0.',
  expected: 'a release such as 2.1.0 is',
  parse: (text) => validRelease(text) ?? undefined,
  serialize: String,
})

const largestJson = 256 * 1024
export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value, of up to 256 kB in input.',
  serialize: (value) => value,
  parseValue: (value) => bounded(value),
  parseLiteral: (node, variables) => bounded(valueFromASTUntyped(node, variables)),
})

function bounded(value: unknown): unknown {
  const text = JSON.stringify(value)
  if (text === undefined || text.length > largestJson) throw invalid('JSON', 'a value of at most 256 kB is')
  // A fresh copy, so that no prototype comes along.
  return JSON.parse(text)
}
