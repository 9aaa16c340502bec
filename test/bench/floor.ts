import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

export interface Floor {
  url: string
  close(): Promise<void>
}

/** A bare HTTP server on the same database: what the work costs when nothing stands in between. */
export async function floorOn(
  databaseUrl: string,
  answer: (pool: pg.Pool, request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Floor> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
  const server = createServer((request, response) => {
    answer(pool, request, response).catch((error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await pool.end()
    },
  }
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
