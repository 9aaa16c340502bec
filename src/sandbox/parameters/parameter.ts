import { invalid } from '../ledger/stripe-error.js'
import type { FormGroup, FormValue } from '../wire/form.js'

/** How one parameter is read; it throws Stripe's refusal where it cannot be. */
export interface Parameter<T> {
  read(value: FormValue, name: string): T
  readonly required?: boolean
}

export interface Required<T> extends Parameter<T> {
  readonly required: true
}

type Specification = Readonly<Record<string, Parameter<unknown>>>

type RequiredKeys<S> = { [K in keyof S]: S[K] extends { required: true } ? K : never }[keyof S]
type ValueOf<P> = P extends Parameter<infer T> ? T : never

/** What reading by a specification gives: absent stays absent, an emptied parameter is null. */
export type Read<S> = { [K in RequiredKeys<S>]: ValueOf<S[K]> } & {
  [K in Exclude<keyof S, RequiredKeys<S>>]?: ValueOf<S[K]>
}

export function required<T>(parameter: Parameter<T>): Required<T> {
  return { read: parameter.read, required: true }
}

/** An empty string takes the value away. */
export function clearable<T>(parameter: Parameter<T>): Parameter<T | null> {
  return { read: (value, name) => (value === '' ? null : parameter.read(value, name)) }
}

function plain(value: FormValue, name: string): string {
  if (typeof value !== 'string') throw invalid(`Invalid string: ${name} must not be nested`, { param: name })
  if (value === '') {
    throw invalid(
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; ` +
        `however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
      { code: 'parameter_invalid_empty', param: name },
    )
  }
  return value
}

export function text(longest = 5000): Parameter<string> {
  return {
    read(value, name) {
      const read = plain(value, name)
      if (read.length > longest) {
        throw invalid(`Invalid string: ${read.slice(0, 30)}...; must be at most ${longest} characters`, {
          code: 'parameter_invalid_string_too_long',
          param: name,
        })
      }
      return read
    },
  }
}

export function integer(least = -Number.MAX_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER): Parameter<number> {
  return {
    read(value, name) {
      const read = plain(value, name)
      if (!/^-?\d{1,16}$/.test(read) || !Number.isSafeInteger(Number(read))) {
        throw invalid(`Invalid integer: ${read}`, { code: 'parameter_invalid_integer', param: name })
      }
      const number = Number(read)
      if (number < least) {
        throw invalid(`This value must be greater than or equal to ${least}.`, {
          code: 'parameter_invalid_integer',
          param: name,
        })
      }
      if (number > most) {
        throw invalid(`This value must be less than or equal to ${most}.`, {
          code: 'parameter_invalid_integer',
          param: name,
        })
      }
      return number
    },
  }
}

/** As text, because it may be finer than a number can hold. */
export function decimal(): Parameter<string> {
  return {
    read(value, name) {
      const read = plain(value, name)
      if (!/^-?\d{1,15}(\.\d{1,12})?$/.test(read)) throw invalid(`Invalid decimal: ${read}`, { param: name })
      return read
    },
  }
}

export function timestamp(): Parameter<number> {
  return integer(0, 253_402_300_799)
}

export function boolean(): Parameter<boolean> {
  return {
    read(value, name) {
      const read = plain(value, name)
      if (read !== 'true' && read !== 'false') throw invalid(`Invalid boolean: ${read}`, { param: name })
      return read === 'true'
    },
  }
}

export function oneOf<const Choice extends string>(choices: readonly Choice[]): Parameter<Choice> {
  return {
    read(value, name) {
      const read = plain(value, name)
      if (!choices.includes(read as Choice)) {
        throw invalid(`Invalid ${name}: must be one of ${inWords(choices)}`, { param: name })
      }
      return read as Choice
    },
  }
}

function inWords(choices: readonly string[]): string {
  if (choices.length < 3) return choices.join(' or ')
  return `${choices.slice(0, -1).join(', ')}, or ${choices.at(-1)}`
}

export function list<T>(item: Parameter<T>, most = Number.POSITIVE_INFINITY): Parameter<T[]> {
  return {
    read(value, name) {
      if (value === '') return []
      if (typeof value === 'string') throw invalid('Invalid array', { param: name })
      const places = Object.keys(value)
      if (places.some((place) => !/^\d{1,6}$/.test(place))) throw invalid('Invalid array', { param: name })
      if (places.length > most) {
        throw invalid(`Array ${name} exceeded maximum ${most} allowed elements.`, { param: name })
      }
      return places
        .sort((one, other) => Number(one) - Number(other))
        .map((place) => item.read(value[place] as FormValue, `${name}[${place}]`))
    },
  }
}

export function hash<S extends Specification>(specification: S): Parameter<Read<S>> {
  return {
    read(value, name) {
      if (typeof value === 'string') throw invalid('Invalid object', { param: name })
      return readAll(value, specification, name)
    },
  }
}

const mostKeys = 50
const longestKey = 40
const longestValue = 500

/** New keys are added, an empty value takes its key away, an empty string takes all away. */
export function metadata(): Parameter<Record<string, string> | null> {
  return {
    read(value, name) {
      if (value === '') return null
      if (typeof value === 'string') throw invalid('Invalid object', { param: name })
      const entries = Object.entries(value)
      if (entries.length > mostKeys) {
        throw invalid(`You can only have up to ${mostKeys} metadata keys on an object.`, { param: 'metadata' })
      }
      return Object.fromEntries(entries.map(([key, told]) => [metadataKey(key), metadataValue(key, told)]))
    },
  }
}

function metadataKey(key: string): string {
  if (key.length <= longestKey) return key
  throw invalid(
    `Metadata keys can have up to ${longestKey} characters: you passed in a key that is ${key.length} characters. ` +
      `Invalid key: ${key}`,
    { param: 'metadata' },
  )
}

function metadataValue(key: string, value: FormValue): string {
  if (typeof value !== 'string') {
    throw invalid(`Metadata values must be strings, but for key '${key}' you passed a hash.`, { param: 'metadata' })
  }
  if (value.length <= longestValue) return value
  throw invalid(
    `Metadata values can have up to ${longestValue} characters, but you passed in a value that is ${value.length} ` +
      `characters. Invalid value: ${value}`,
    { param: 'metadata' },
  )
}

/** Stripe has it, the sandbox does not: better an honest refusal than a parameter without effect. */
export function notInSandbox(): Parameter<never> {
  return {
    read(value, name) {
      // An empty value asks for nothing, so nothing is missed.
      if (value === '') return undefined as never
      throw invalid(`The sandbox does not have the parameter ${name}. Stripe does.`, { param: name })
    },
  }
}

/** Reads what a request carries. Nothing unknown passes, nothing required is missing. */
export function readAll<S extends Specification>(form: FormGroup, specification: S, within?: string): Read<S> {
  const nameOf = (key: string) => (within ? `${within}[${key}]` : key)
  const unknown = Object.keys(form).filter((key) => !Object.hasOwn(specification, key))
  if (unknown.length > 0) {
    const names = unknown.map(nameOf)
    throw invalid(`Received unknown parameter${names.length > 1 ? 's' : ''}: ${names.join(', ')}`, {
      code: 'parameter_unknown',
      param: names[0] as string,
    })
  }
  const read: Record<string, unknown> = {}
  for (const [key, parameter] of Object.entries(specification)) {
    const value = form[key]
    if (value !== undefined) read[key] = parameter.read(value, nameOf(key))
    else if (parameter.required) {
      throw invalid(`Missing required param: ${nameOf(key)}.`, { code: 'parameter_missing', param: nameOf(key) })
    }
  }
  return read as Read<S>
}
