import pg from 'pg'
import { entities } from '../../src/entities.js'

/** Takes the second fence away from a database, so that PostgreSQL shows whatever it is asked for; or puts it back. */
export async function switchSecondFence(databaseUrl: string, to: 'on' | 'off'): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (const { meta } of entities) {
      await client.query(`alter table "${meta.tableName}" ${to === 'on' ? 'enable' : 'disable'} row level security`)
    }
  } finally {
    await client.end()
  }
}
