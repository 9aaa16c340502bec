import DataLoader from 'dataloader'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'

/** Finds many at once, in the order of the keys. */
export type Batch<Key, Value> = (reading: Reading, keys: readonly Key[]) => Promise<ReadonlyArray<Value | Error>>

export interface ContextOptions {
  scope: Scope
  /** Told to the client with an error that is masked, and to the log with what it was. */
  requestId: string
  /** The caller's network address, for limits. */
  address: string
  reading: (scope: Scope) => Reading
  /** Finds any object by its id, for those who may see it. */
  node: (context: Context, id: string) => Promise<object | null>
}

/**
 * Who is asking, and what was read for the answer so far. One serves one operation; a pushed event renews it,
 * because graphql-js hands all events of a subscription the same context.
 */
export class Context {
  // No `#` names: Apollo clones what it is handed, and a clone would lack them.
  private viewer: Scope
  readonly requestId: string
  readonly address: string
  private readonly open: (scope: Scope) => Reading
  private readonly findNode: ContextOptions['node']
  private current: Reading
  // biome-ignore lint/suspicious/noExplicitAny: loaders of every kind, each found by its own batch function
  private loaders = new Map<unknown, DataLoader<any, any, string>>()

  constructor(options: ContextOptions) {
    this.viewer = options.scope
    this.requestId = options.requestId
    this.address = options.address
    this.open = options.reading
    this.findNode = options.node
    this.current = options.reading(options.scope)
  }

  get scope(): Scope {
    return this.viewer
  }

  get reading(): Reading {
    return this.current
  }

  /**
   * Loads one of what `batch` finds many of: all that resolvers ask for at one moment is one query. The batch
   * function itself tells one loader from another, so it must be one and the same function on every call.
   */
  load<Key, Value>(batch: Batch<Key, Value>, key: Key): Promise<Value> {
    let loader = this.loaders.get(batch) as DataLoader<Key, Value, string> | undefined
    if (!loader) {
      loader = new DataLoader<Key, Value, string>((keys) => batch(this.current, keys), {
        cacheKeyFn: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
      })
      this.loaders.set(batch, loader)
    }
    return loader.load(key)
  }

  /** The object of that id; null for what is malformed, missing, or not the viewer's. */
  node(id: string): Promise<object | null> {
    return this.findNode(this, id)
  }

  /** Forgets all that was read, for the next event or after a change. */
  renew(): void {
    this.current = this.open(this.viewer)
    this.loaders = new Map()
  }

  /** Goes on as somebody else: whoever has just signed in reads the answer with the new rights. */
  become(scope: Scope): void {
    this.viewer = scope
    this.renew()
  }
}
