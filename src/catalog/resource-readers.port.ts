import type { Reading } from '../persistence/unit-of-work.js'

/** Who may read how an API is called; whoever knows of subscriptions provides it. */
export interface ResourceReaders {
  /** In the order asked for: whether the viewer is of an organization whose subscription covers the resource. For loaders. */
  readonly mayUse: (reading: Reading, resourceIds: readonly string[]) => Promise<boolean[]>
}
