/** A subscription whose results go another way: yields nothing until it is ended, then ends, or fails. */
export class Silence implements AsyncGenerator<never, void, void> {
  readonly #ended: Promise<IteratorResult<never, void>>
  #end!: () => void
  #fail!: (error: Error) => void

  constructor(private readonly onEnd: () => void) {
    this.#ended = new Promise((resolve, reject) => {
      this.#end = () => resolve({ done: true, value: undefined })
      this.#fail = reject
    })
    // Whoever iterates sees the failure; nobody else needs to.
    this.#ended.catch(() => undefined)
  }

  next(): Promise<IteratorResult<never, void>> {
    return this.#ended
  }

  async return(): Promise<IteratorResult<never, void>> {
    this.onEnd()
    this.#end()
    return { done: true, value: undefined }
  }

  async throw(error: Error): Promise<IteratorResult<never, void>> {
    this.fail(error)
    return { done: true, value: undefined }
  }

  fail(error: Error): void {
    this.onEnd()
    this.#fail(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
