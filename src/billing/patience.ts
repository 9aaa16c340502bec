import { setTimeout as wait } from 'node:timers/promises'

/** What the work answers, or null where somebody would have to wait longer for it; the work itself goes on. */
export async function within<Answer>(milliseconds: number, work: Promise<Answer>): Promise<Answer | null> {
  const answered = new AbortController()
  const tired = wait(milliseconds, null, { signal: answered.signal, ref: false })
  try {
    return await Promise.race([work, tired])
  } finally {
    answered.abort()
  }
}
