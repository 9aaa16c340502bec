import type { ObjectKind, Row } from '../ledger/records.js'
import type { State } from '../ledger/state.js'

/** An object as it goes over the wire. */
export type Rendered = Record<string, unknown> & { id?: string; object: string }

/** For whom, and as of when, objects are rendered. */
export interface Rendering {
  readonly state: State
  readonly version: string
  readonly baseUrl: string
  /** Seconds; addresses of pages are good for some days from then. */
  readonly now: number
  /** Events show a little less than answers. */
  readonly inEvent: boolean
}

export type Renderer<R extends Row = never> = (row: R, rendering: Rendering) => Rendered

export function predates(rendering: Rendering, version: string): boolean {
  return rendering.version < version
}

export type { ObjectKind }
