import { inspect } from 'node:util'

const redacted = '[redacted]'

// Of anything shorter, four characters would be half of it or more.
const shortestWithLast4 = 8

/** A key or a password that no log, JSON text or error message shows by accident. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value
  }

  /** Its last four characters, by which people recognize it; empty where that would tell too much. */
  get last4(): string {
    return this.#value.length < shortestWithLast4 ? '' : this.#value.slice(-4)
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}

/** Keys and tokens as Stripe and we make them, wherever somebody has put one. */
const secretForms = /\b(?:(?:sk|rk)_(?:test|live)_|whsec_|ap[kc]_(?:test|live)_|m[a-z]t_)[\w.-]{8,}/g

/** The text without what looks like a key, for texts that stay. */
export function withoutSecrets(text: string): string {
  return text.replace(secretForms, redacted)
}
