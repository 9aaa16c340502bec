import express, { type Router } from 'express'
import type { Registry } from 'prom-client'

/** What must be well before a process can serve; null when it is, else what is missing, in words for operators. */
export type ReadinessCheck = () => Promise<string | null>

const deadlineInMs = 1_000

/** For those who watch over the process: does it live, can it serve, how is it doing? */
export function healthRoutes(checks: readonly ReadinessCheck[], metrics: Registry): Router {
  const router = express.Router()
  router.get('/livez', (_request, response) => void response.type('text/plain').send('ok\n'))
  router.get('/readyz', async (_request, response) => {
    const faults = (await Promise.all(checks.map(inTime))).filter((fault) => fault !== null)
    response
      .status(faults.length === 0 ? 200 : 503)
      .type('text/plain')
      .send(faults.length === 0 ? 'ok\n' : `${faults.join('\n')}\n`)
  })
  router.get('/metrics', async (_request, response) => {
    const body = await metrics.metrics()
    response.type(metrics.contentType).send(body)
  })
  return router
}

async function inTime(check: ReadinessCheck): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('a check did not answer within a second'), deadlineInMs)
  })
  try {
    return await Promise.race([check(), late])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}
