import type { EventCursor, LoggedEvent } from '../events/event-log.js'

/**
 * What a live field's `subscribe` gives back: which events are meant. The transport executes them; iterating
 * is for it alone, so that listeners with the same rights can share one execution.
 */
export class LiveSource implements AsyncIterable<LoggedEvent> {
  constructor(
    readonly matches: (event: LoggedEvent) => boolean,
    readonly after: EventCursor | null,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<LoggedEvent> {
    throw new Error('A live source is executed by LiveGroups.')
  }
}
