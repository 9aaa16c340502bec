import http from 'node:http'
import https from 'node:https'
import { performance } from 'node:perf_hooks'

const timeout = 10_000
const answerKept = 2048

export interface Posted {
  readonly status: number | null
  readonly latency_ms: number
  readonly answer: string | null
  readonly error: string | null
}

/** Connections that stay open, so that an event leaves at once. */
export class Postman {
  readonly #http = new http.Agent({ keepAlive: true, maxSockets: 64 })
  readonly #https = new https.Agent({ keepAlive: true, maxSockets: 64 })

  /** Never rejects: that nothing arrived is a result too. Redirects are not followed. */
  async post(url: string, headers: Record<string, string>, body: string): Promise<Posted> {
    const started = performance.now()
    const made = await this.#attempt(url, headers, body)
    // The other side closed a connection that had been idle: it has seen nothing.
    const final = made.stale ? await this.#attempt(url, headers, body) : made
    const { status, answer, error } = final
    return { status, answer, error, latency_ms: Math.round((performance.now() - started) * 100) / 100 }
  }

  #attempt(
    url: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<Omit<Posted, 'latency_ms'> & { stale: boolean }> {
    return new Promise((resolve) => {
      const secure = url.startsWith('https:')
      const length = String(Buffer.byteLength(body))
      const options = {
        method: 'POST',
        agent: secure ? this.#https : this.#http,
        headers: { ...headers, 'Content-Length': length },
      }
      const request = (secure ? https : http).request(url, options, (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          if (answer.length < answerKept) answer = (answer + chunk).slice(0, answerKept)
        })
        response.on('end', () => done({ status: response.statusCode ?? null, answer, error: null, stale: false }))
        response.on('error', failed)
      })
      const clock = setTimeout(() => request.destroy(new Error(`Timed out after ${timeout / 1000} s`)), timeout)
      const done = (result: Omit<Posted, 'latency_ms'> & { stale: boolean }) => {
        clearTimeout(clock)
        resolve(result)
      }
      const failed = (error: Error & { code?: string }) => {
        const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        done({ status: null, answer: null, error: error.message || error.code || 'The connection failed', stale })
      }
      request.on('error', failed)
      request.end(body)
    })
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }
}
