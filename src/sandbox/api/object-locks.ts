import { StripeError } from '../ledger/stripe-error.js'

/** The object that a request is about; null where it makes a new one. */
function objectOf(path: string): string | null {
  return /^\/v1\/[a-z_/]+\/([a-z]+_\w{8,})(?:\/\w+)?$/.exec(path)?.[1] ?? null
}

/** While one request changes an object, no other one may. */
export class ObjectLocks {
  readonly #held = new Set<string>()

  /** Until it is released; throws where somebody else has it. */
  hold(account: string, path: string): () => void {
    const object = objectOf(path)
    if (object === null) return () => {}
    this.refuseHeld(account, path)
    const place = `${account}:${object}`
    this.#held.add(place)
    return () => this.#held.delete(place)
  }

  refuseHeld(account: string, path: string): void {
    if (this.#held.size === 0) return
    const object = objectOf(path)
    if (object === null || !this.#held.has(`${account}:${object}`)) return
    throw new StripeError(
      429,
      'This object cannot be accessed right now because another API request or Stripe process is currently accessing ' +
        'it. If you see this error intermittently, retry the request. If you see this error frequently and are making ' +
        'multiple concurrent requests to a single object, make your requests serially or at a lower rate.',
      { code: 'lock_timeout' },
    )
  }
}
