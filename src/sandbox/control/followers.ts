const patienceInMs = 500

/** Those who go by the clock: told as soon as it was moved, and waited for until they have taken it in. */
export class Followers {
  readonly #listening = new Map<string, () => void>()
  /** Told, and not back yet. */
  readonly #told = new Map<string, () => void>()

  /** Resolves when the clock was moved, at the latest after a while. Who asks again has taken in what he was told. */
  news(name: string, atMostMs: number): Promise<void> {
    this.#told.get(name)?.()
    return resolvedWithin(atMostMs, this.#listening, name)
  }

  /** Resolves when all have come back, or soon after. */
  async tell(): Promise<void> {
    const back = [...this.#listening.keys()].map((name) => resolvedWithin(patienceInMs, this.#told, name))
    for (const told of [...this.#listening.values()]) told()
    await Promise.all(back)
  }
}

/** Until it is called by its name, or for so long. */
function resolvedWithin(milliseconds: number, waiting: Map<string, () => void>, name: string): Promise<void> {
  waiting.get(name)?.()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      if (waiting.get(name) === done) waiting.delete(name)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    timer.unref()
    waiting.set(name, done)
  })
}
