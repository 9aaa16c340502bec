import type pg from 'pg'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Config } from '../config.js'
import type { DomainEvent } from '../events/event.js'
import type { EventCursor } from '../events/event-log.js'
import type { Mutations } from '../graphql/mutation.js'
import type { NodeRegistry } from '../graphql/node.js'
import type { ScopeOfToken } from '../identity/identity.resolver.js'
import type { Clocks } from '../kernel/clock.js'
import type { SecretBox } from '../persistence/secret-box.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { SandboxClock } from '../sandbox-clock.js'

/** What all features stand on. */
export interface Foundation {
  config: Config
  log: Logger
  /** What those who watch over the process can read. */
  metrics: Registry
  unitOfWork: UnitOfWork<DomainEvent>
  clocks: Clocks
  box: SecretBox
  limiterPool: pg.Pool
  /** Null where Stripe itself serves. */
  sandboxClock: SandboxClock | null
  /** Where the event log stands. */
  logPosition(): Promise<EventCursor>
  scopeOf: ScopeOfToken
  mutations: Mutations
  nodes: NodeRegistry
}
