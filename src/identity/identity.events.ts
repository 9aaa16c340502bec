import { eventType } from '../events/event.js'

/** A session is over: its sockets close. Told to the provider whose marketplace, or whose people, it was. */
export const sessionEnded = eventType<{ sessionId: string; userId: string }>('session.ended')
