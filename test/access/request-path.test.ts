import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { coveringPaths, resolvedSegments } from '../../src/access/request-path.js'

/** Which of the base paths is called, as access settles it; null where none is, or it cannot be told which. */
function called(requestUri: string, basePaths: string[]): string | null {
  const { possible, certain } = coveringPaths(requestUri)
  const longest = possible.find((path) => basePaths.includes(path))
  return longest !== undefined && certain.includes(longest) ? longest : null
}

const served = ['/payments', '/payments/v1', '/admin/v1', '/geo/v1']

describe('A request', () => {
  it.each([
    ['/payments/v1', '/payments/v1'],
    ['/payments/v1/', '/payments/v1'],
    ['/payments/v1/charges/ch_1?expand=customer', '/payments/v1'],
    ['/payments/v1?x=/admin/v1', '/payments/v1'],
    ['/payments/v1#/../../admin/v1', '/payments/v1'],
    ['/payments/v2/charges', '/payments'],
    ['/payments/v10', '/payments'],
    ['/payments/v1x/charges', '/payments'],
    ['/payment', null],
    ['/paymentsv1', null],
    ['/PAYMENTS/v1', null],
    ['/', null],
    ['', null],
    ['payments/v1', null],
    ['https://api.example.com/payments/v1', null],
    ['*', null],
  ])('%s is for %s: whole segments, the longest base path', (uri, basePath) => {
    expect(called(uri, served)).toBe(basePath)
  })

  it.each([
    ['/payments/v1/./charges', '/payments/v1'],
    ['/./payments/./v1/.', '/payments/v1'],
    ['/payments/v1/charges/../refunds', '/payments/v1'],
    ['/payments/v1/..', '/payments'],
    ['/payments/v1/../../admin/v1/users', '/admin/v1'],
    ['/payments/v1/x/../../../admin/v1', '/admin/v1'],
    ['/admin/../payments/v1', '/payments/v1'],
    ['/payments/v1/...', '/payments/v1'],
    ['/payments/v1/..x', '/payments/v1'],
    ['/pay%6dents/%761/charges', '/payments/v1'],
    ['/payments/v1/caf%C3%A9%20noir', '/payments/v1'],
    ['/payments/v1/100%25', '/payments/v1'],
    ['/payments/v1/file%2Ejson', '/payments/v1'],
  ])('%s is resolved once, and is for %s', (uri, basePath) => {
    expect(called(uri, served)).toBe(basePath)
  })

  it.each([
    ['a way above the root', ['/..', '/../payments/v1', '/payments/v1/../../../admin/v1']],
    [
      'an encoded dot',
      ['/payments/v1/%2e%2e/%2e%2e/admin/v1', '/payments/v1/%2E%2e', '/payments/v1/.%2e', '/payments/v1/%2e'],
    ],
    ['an encoded slash', ['/payments/v1%2f..%2f..%2fadmin/v1', '/payments%2Fv1', '/payments/v1/a%2Fb']],
    [
      'a backslash',
      [
        '/payments/v1\\..\\..\\admin',
        '/payments\\v1',
        '/payments/v1/..\\..',
        '/payments/v1/%5c..%5cadmin',
        '/payments/v1/a%5Cb',
      ],
    ],
    [
      'an encoding of an encoding',
      [
        '/payments/v1/%252e%252e/admin',
        '/payments/v1/%252f',
        '/payments/v1/%255c',
        '/payments/v1/%25252e',
        '/payments/v1/%2500',
        '/payments/v1/%253b',
      ],
    ],
    [
      'a control character',
      [
        '/payments/v1\0',
        '/payments/v1%00',
        '/payments/v1/%00/../admin',
        '/payments/v1/%0a',
        '/payments/v1/%0D%0Ax',
        '/payments/v1/\u007f',
        '/payments/v1/\t',
      ],
    ],
    [
      'a malformed encoding',
      [
        '/payments/v1/%',
        '/payments/v1/%zz',
        '/payments/v1/%2',
        '/payments/v1/%c0%ae%c0%ae/',
        '/payments/v1/%e0%80%af',
        '/payments/v1/%ff',
      ],
    ],
    ['a dot with parameters', ['/payments/v1/..;/..;/admin/v1', '/payments/v1/.;x', '/payments/v1/..%3b/admin']],
    [
      'slashes to step back over',
      ['/payments/v1//../admin', '//../payments/v1', '/payments/;/../v1', '/payments/;x=1/..'],
    ],
    ['more than anybody asks', [`/payments/v1/${'a'.repeat(8_192)}`]],
  ])('with %s is for nothing', (_what, uris) => {
    for (const uri of uris) {
      expect([uri, resolvedSegments(uri), coveringPaths(uri)]).toEqual([uri, null, { possible: [], certain: [] }])
    }
  })

  it.each([
    ['/payments//v1/charges', null],
    ['//payments/v1', null],
    ['/payments;a=1/v1/charges', null],
    ['/payments/;/v1', null],
    ['/payments/v1//charges', '/payments/v1'],
    ['/payments/v1/http://example.com/', '/payments/v1'],
    ['/payments/v1//', '/payments/v1'],
    ['/payments/v1/charges;v=2', '/payments/v1'],
    ['/geo/v1/route/-122.42,37.78;-77.03,38.91', '/geo/v1'],
    ['/payments/v1;v=2', null],
  ])('%s, which some servers read otherwise, is for %s', (uri, basePath) => {
    expect(called(uri, served)).toBe(basePath)
  })

  it('is for the root where that is served, and nothing longer', () => {
    expect(called('/anything/else', ['/'])).toBe('/')
    expect(called('/', ['/'])).toBe('/')
    expect(called('//', ['/'])).toBe('/')
    expect(called('/admin/v1/x', ['/', '/admin/v1'])).toBe('/admin/v1')
    expect(called('/../x', ['/'])).toBeNull()
  })
})

describe('Base paths that cover a request', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/)
  const piece = fc.oneof(
    segment,
    fc.constantFrom(
      '.',
      '..',
      '',
      '%2e',
      '%2e%2e',
      '%2f',
      '..;',
      ';',
      ';x=1',
      'a;b',
      '%00',
      '%',
      '%25',
      '%252e',
      '\\',
      '...',
    ),
  )

  it('are the beginnings of the path by whole segments, the longest first', () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), (segments) => {
        const { possible, certain } = coveringPaths(`/${segments.join('/')}`)
        expect(certain).toEqual(possible)
        expect(possible.at(-1)).toBe('/')
        expect(possible).toHaveLength(Math.min(segments.length, 32) + 1)
        expect([...possible].sort((one, other) => other.length - one.length)).toEqual(possible)
        for (const path of possible)
          expect(`/${segments.join('/')}/`.startsWith(path === '/' ? '/' : `${path}/`)).toBe(true)
      }),
    )
  })

  it('stay the same however letters are encoded', () => {
    const encoded = (text: string) => [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
        expect(coveringPaths(`/${segments.map(encoded).join('/')}`)).toEqual(coveringPaths(`/${segments.join('/')}`))
      }),
    )
  })

  it('hold no dot, encoding or control character, whatever was sent, and those that are certain are possible', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const { possible, certain } = coveringPaths(`/${pieces.join('/')}`)
        for (const path of possible) {
          expect(path.split('/').some((each) => each === '.' || each === '..')).toBe(false)
          expect(path).not.toMatch(/[\\\p{Cc}]/u)
        }
        expect(possible).toEqual(expect.arrayContaining([...certain]))
      }),
      { numRuns: 2_000 },
    )
  })

  it('never lead to an API that a server reads out of the path and we do not', () => {
    // A server that takes parameters out and merges slashes, before it resolves dots as RFC 3986 has it.
    const asOtherServer = (uri: string): string => {
      const left: string[] = []
      for (const raw of uri.slice(1).split('/')) {
        const each = (raw.split(';', 1)[0] as string).replaceAll(/%2e/gi, '.')
        if (each === '..') left.pop()
        else if (each !== '' && each !== '.') left.push(each)
      }
      return `/${left.join('/')}`
    }
    const name = fc.constantFrom('payments', 'v1', 'admin', 'charges')
    const hostile = fc.constantFrom('..', '.', '', '..;', ';', 'v1;x', 'payments;', '%2e%2e', 'admin;a=b')
    fc.assert(
      fc.property(fc.array(fc.oneof(name, hostile), { maxLength: 10 }), (pieces) => {
        const uri = `/${pieces.join('/')}`
        const basePath = called(uri, served)
        if (basePath === null) return
        const read = asOtherServer(uri)
        const there = [...served].sort((one, other) => other.length - one.length)
        expect([uri, there.find((path) => `${read}/`.startsWith(`${path}/`))]).toEqual([uri, basePath])
      }),
      { numRuns: 5_000 },
    )
  })

  it('are found for any text without an error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(coveringPaths(text).possible)))
  })
})
