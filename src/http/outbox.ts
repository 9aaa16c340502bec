import type { WebSocket } from 'ws'
import { closeCodes } from './sockets.js'

/** A socket that has so much unsent does not keep up. */
const largestBacklog = 1024 * 1024

/**
 * What is pushed to a socket, in order. It is kept back while somebody looks whether the socket's rights still
 * hold, so that nothing is told that came after they have ended.
 */
export class Outbox {
  #looks = 0
  #kept: string[] = []
  #keptSize = 0

  constructor(private readonly socket: Pick<WebSocket, 'bufferedAmount' | 'readyState' | 'OPEN' | 'close' | 'send'>) {}

  push(frame: string): void {
    if (this.socket.bufferedAmount + this.#keptSize > largestBacklog) {
      this.socket.close(closeCodes.overloaded, 'Overloaded')
    } else if (this.#looks > 0) {
      this.#kept.push(frame)
      this.#keptSize += frame.length
    } else if (this.socket.readyState === this.socket.OPEN) {
      this.socket.send(frame)
    }
  }

  keepBack(): void {
    this.#looks += 1
  }

  /** After the last of those who look; a socket that was closed meanwhile is told nothing more. */
  letGo(): void {
    this.#looks -= 1
    if (this.#looks > 0) return
    const kept = this.#kept
    this.#kept = []
    this.#keptSize = 0
    for (const frame of kept) this.push(frame)
  }
}
