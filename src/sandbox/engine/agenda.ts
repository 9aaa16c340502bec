/** Something that happens by itself at an instant; it is looked at again when its time comes. */
export interface Appointment {
  /** Milliseconds since 1970 on the sandbox's clock. */
  readonly at: number
  readonly kind: 'invoice' | 'payment' | 'delivery'
  readonly id: string
}

/** What is due next: a binary heap. What has been overtaken stays in it, and is found void when it comes up. */
export class Agenda {
  readonly #heap: Appointment[] = []

  get next(): Appointment | undefined {
    return this.#heap[0]
  }

  add(appointment: Appointment): void {
    const heap = this.#heap
    let at = heap.push(appointment) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if ((heap[above] as Appointment).at <= appointment.at) break
      heap[at] = heap[above] as Appointment
      at = above
    }
    heap[at] = appointment
  }

  take(): Appointment | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (heap.length > 0 && last) this.#sink(last)
    return first
  }

  clear(): void {
    this.#heap.length = 0
  }

  #sink(appointment: Appointment): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      const right = heap[below + 1]
      if (right && right.at < (heap[below] as Appointment).at) below += 1
      if ((heap[below] as Appointment).at >= appointment.at) break
      heap[at] = heap[below] as Appointment
      at = below
    }
    heap[at] = appointment
  }
}
