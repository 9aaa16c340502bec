/** Base paths are no deeper; deeper segments of a request cannot matter for a match. */
const deepest = 32
const longest = 8_192

/** Every base path that would cover a request, the longest first. */
export interface CoveringPaths {
  /** As one server or another reads the path. */
  readonly possible: readonly string[]
  /** However it is read: only one of these can be what is meant. */
  readonly certain: readonly string[]
}

/**
 * The path that a request is for, as whole segments: without its query, percent-encodings and dots resolved
 * once. Null for what a server behind the gateway might read as another path than we do: encoded slashes,
 * backslashes or dots, control characters, malformed or doubled encodings, a way above the root.
 */
export function resolvedSegments(requestUri: string): string[] | null {
  if (requestUri.length > longest || !requestUri.startsWith('/')) return null
  const path = requestUri.split(/[?#]/, 1)[0] as string
  const segments: string[] = []
  for (const raw of path.slice(1).split('/')) {
    const segment = decoded(raw)
    if (segment === null) return null
    if (segment === '.') continue
    if (segment !== '..') {
      segments.push(segment)
      continue
    }
    const left = segments.pop()
    // Servers that merge slashes would leave another segment behind than those that do not.
    if (left === undefined || withoutParameters(left) === '') return null
  }
  return segments.at(-1) === '' ? segments.slice(0, -1) : segments
}

/**
 * None for a path that is refused. Some servers merge slashes and take parameters (`;v=1`) out of segments, and some
 * do not: where the two readings lead to different APIs, neither is certain.
 */
export function coveringPaths(requestUri: string): CoveringPaths {
  const segments = resolvedSegments(requestUri)
  if (!segments) return { possible: [], certain: [] }
  const literal = prefixes(segments)
  const merged = segments.map(withoutParameters).filter((segment) => segment !== '')
  if (merged.length === segments.length && merged.every((segment, at) => segment === segments[at])) {
    return { possible: literal, certain: literal }
  }
  const other = prefixes(merged)
  const possible = [...new Set([...literal, ...other])].sort((one, another) => another.length - one.length)
  return { possible, certain: literal.filter((path) => other.includes(path)) }
}

function prefixes(segments: readonly string[]): string[] {
  const paths: string[] = []
  for (let count = Math.min(segments.length, deepest); count > 0; count -= 1) {
    paths.push(`/${segments.slice(0, count).join('/')}`)
  }
  return [...paths, '/']
}

function withoutParameters(segment: string): string {
  return segment.split(';', 1)[0] as string
}

function decoded(raw: string): string | null {
  if (raw.includes('\\') || /^\.\.?;/.test(raw)) return null
  if (!raw.includes('%')) return hasControlCharacter(raw) ? null : raw
  let text: string
  try {
    text = decodeURIComponent(raw)
  } catch {
    return null
  }
  const changesSegments = /[/\\]/.test(text) || /^\.\.?(;|$)/.test(text) || /%(00|25|2e|2f|3b|5c)/i.test(text)
  return changesSegments || hasControlCharacter(text) ? null : text
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text)
}
