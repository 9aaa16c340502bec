import { Query, Resolver } from 'type-graphql'
import { cursorText } from '../events/event-cursor.js'
import type { EventCursor } from '../events/event-log.js'
import { anyone, For } from './policy.js'

@Resolver()
export class LiveCursorResolver {
  constructor(private readonly now: () => Promise<EventCursor>) {}

  @For(anyone)
  @Query(() => String, {
    description:
      'Where the events stand: read it together with the state that a page shows, and hand it to `after`, so that ' +
      'nothing falls between the reading and the listening.',
  })
  async liveCursor(): Promise<string> {
    return cursorText(await this.now())
  }
}
