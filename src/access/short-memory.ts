import type { Clock } from '../kernel/clock.js'

const mostKept = 10_000

/** What was found a moment ago, so that a question asked again and again costs one look-up in a while. */
export class ShortMemory<Value> {
  readonly #kept = new Map<string, { value: Value; until: number }>()

  constructor(
    /** Transport's. */
    private readonly clock: Clock,
    private readonly keptInMs: number,
  ) {}

  /** Undefined for what was never found, or too long ago. */
  get(key: string): Value | undefined {
    const found = this.#kept.get(key)
    return found && found.until > this.clock.now().getTime() ? found.value : undefined
  }

  /** Where there is no room left, the oldest is forgotten. */
  keep(key: string, value: Value): void {
    this.#kept.delete(key)
    if (this.#kept.size >= mostKept) {
      const [oldest] = this.#kept.keys()
      if (oldest !== undefined) this.#kept.delete(oldest)
    }
    this.#kept.set(key, { value, until: this.clock.now().getTime() + this.keptInMs })
  }

  forget(key: string): void {
    this.#kept.delete(key)
  }
}
