import type { Logger } from 'pino'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import { Credential, GatewayToken } from './access.entity.js'

const minuteInMs = 60_000
const mostNoted = 50_000

/** What was used, with what is stored of its last use. */
export interface Used {
  id: string
  providerId: string
  lastUsedAt: Date | string | null | undefined
}

/**
 * When keys and tokens were last used, for people to see. It may be a minute old: a write for every call would
 * cost more than the answer, so each is written once a minute, and no caller waits for it.
 */
export class LastUse {
  readonly #notedAt = new Map<string, number>()
  readonly #writing = new Set<Promise<void>>()

  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  note(kind: 'Credential' | 'GatewayToken', { id, providerId, lastUsedAt }: Used, now: Date): void {
    const before = Math.max(this.#notedAt.get(id) ?? 0, lastUsedAt ? new Date(lastUsedAt).getTime() : 0)
    if (now.getTime() - before < minuteInMs) return
    if (this.#notedAt.size >= mostNoted) this.#notedAt.clear()
    this.#notedAt.set(id, now.getTime())
    const writing = this.#write(kind, id, providerId, now)
      .catch((error: unknown) => this.log.warn({ err: error, id }, 'a last use could not be noted'))
      .finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }

  /** When all that was noted is written, for an orderly end. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing)
  }

  async #write(kind: 'Credential' | 'GatewayToken', id: string, providerId: string, now: Date): Promise<void> {
    await this.unitOfWork.run(system, (transaction) =>
      rows(transaction, Credential, GatewayToken)
        .updateTable(kind)
        .set({ lastUsedAt: now })
        .where('id', '=', id)
        .where('providerId', '=', providerId)
        .execute(),
    )
  }
}
