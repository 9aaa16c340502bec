/** PostgreSQL's and the system's ways to say that it cannot serve now: canceled, full, ending, starting, out of reach. */
const codes = new Set([
  '57014',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '25P03',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** The driver's own words, which have no code: for a connection that was lost, and for a pool with none to give. */
const words = /Connection terminated|is not queryable|timeout exceeded when trying to connect/

/** Whether the database could not be asked, rather than what was asked of it being wrong: asked again, it may answer. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return typeof code === 'string' ? codes.has(code) : typeof message === 'string' && words.test(message)
}
