const thisMachine = ['localhost', '127.0.0.1', '[::1]']

/**
 * Where a page may lead back to: the `return_url` in its address, where that is on this machine or on an origin that
 * is allowed. Null for any other, because whoever sends somebody an address must not choose where he ends up.
 */
export function returnAddress({ searchParams }: URL, allowed: readonly string[]): URL | null {
  const given = searchParams.get('return_url')
  if (given === null || !URL.canParse(given)) return null
  const url = new URL(given)
  if (!['http:', 'https:'].includes(url.protocol) || url.username !== '') return null
  return thisMachine.includes(url.hostname) || allowed.includes(url.origin) ? url : null
}
