import { Field, ID, InterfaceType } from 'type-graphql'
import { cursorText } from '../events/event-cursor.js'
import type { LoggedEvent } from '../events/event-log.js'
import { DateTimeScalar } from './scalars.js'

/** What a pushed event is read from. */
export interface LiveEventFields {
  id: string
  cursor: string
  occurredAt: Date
}

@InterfaceType('LiveEvent', {
  description:
    'What all pushed events have. A client that was away hands the last `cursor` it saw to `after` and gets what it ' +
    'missed, in order and without a gap, before what is new. All live fields share one sequence: a cursor of one is ' +
    'good for each. A cursor too old to serve ends the subscription with RESYNC_REQUIRED: read the state and ' +
    "`liveCursor` again. The object of an event is as it is now; what happened stands in the event's own fields.",
})
export abstract class LiveEventType implements LiveEventFields {
  @Field(() => ID, { description: 'The id of the event: one that comes twice is one.' })
  id!: string

  @Field(() => String, { description: 'Its place in the sequence, for `after`.' })
  cursor!: string

  @Field(() => DateTimeScalar, { description: 'When it happened, by the clock of billing.' })
  occurredAt!: Date
}

export function liveFields(event: LoggedEvent): LiveEventFields {
  return { id: event.id, cursor: cursorText(event.cursor), occurredAt: event.occurredAt }
}
