import pg from 'pg'

/** What is asked all the time, whoever asks what: the queue, the event log, the bell, the clock. */
const byThemselves =
  /graphile_worker|pg_snapshot|from event |^\s*(listen|notify|begin|commit|rollback|select set_config)|advisory|clock_timestamp/i

/** The statements that the backend sends to PostgreSQL while `work` runs, those apart that it sends by itself. */
export async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = []
  const { query } = pg.Client.prototype
  // biome-ignore lint/suspicious/noExplicitAny: the driver takes texts, configurations and query objects
  pg.Client.prototype.query = function (this: pg.Client, asked: any, ...rest: any[]): any {
    const text = typeof asked === 'string' ? asked : String(asked?.text ?? '')
    if (!byThemselves.test(text)) texts.push(text)
    return Reflect.apply(query, this, [asked, ...rest])
  } as typeof query
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query
  }
  return texts
}
