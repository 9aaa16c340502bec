import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { assetStates } from '../../src/catalog/asset.entity.js'
import {
  acceptableBasePath,
  assetLifecycle,
  assetStepTo,
  newestOf,
  nextRelease,
  type ReleaseType,
} from '../../src/catalog/asset.rules.js'

const field = ['input', 'resources', '0', 'basePath']

describe('the life of an asset', () => {
  const table = [
    ['DRAFT', 'release', 'ACTIVE'],
    ['DRAFT', 'activate', 'refused'],
    ['DRAFT', 'deprecate', 'refused'],
    ['DRAFT', 'archive', 'refused'],
    ['ACTIVE', 'release', 'no-op'],
    ['ACTIVE', 'activate', 'no-op'],
    ['ACTIVE', 'deprecate', 'DEPRECATED'],
    ['ACTIVE', 'archive', 'refused'],
    ['DEPRECATED', 'release', 'refused'],
    ['DEPRECATED', 'activate', 'ACTIVE'],
    ['DEPRECATED', 'deprecate', 'no-op'],
    ['DEPRECATED', 'archive', 'ARCHIVED'],
    ['ARCHIVED', 'release', 'refused'],
    ['ARCHIVED', 'activate', 'refused'],
    ['ARCHIVED', 'deprecate', 'refused'],
    ['ARCHIVED', 'archive', 'no-op'],
  ] as const

  it.each(table)('%s: %s → %s', (state, step, expected) => {
    const taken = assetLifecycle.take(state, step)
    if (expected === 'refused') {
      expect(taken).toMatchObject({
        ok: false,
        errors: [{ code: 'WRONG_STATE', message: expect.stringMatching(/\.$/) }],
      })
    } else if (expected === 'no-op') expect(taken).toEqual({ ok: true, value: { state, changed: false } })
    else expect(taken).toEqual({ ok: true, value: { state: expected, changed: true } })
  })

  it('has an outcome for every step in every state', () => {
    expect(table).toHaveLength(assetLifecycle.states.length * assetLifecycle.steps.length)
  })

  it('leads to every state by a step of its own, and to DRAFT by none', () => {
    expect(assetStates.map((state) => assetStepTo(state))).toMatchObject([
      { ok: false, errors: [{ code: 'WRONG_STATE', field: ['input', 'state'] }] },
      { ok: true, value: 'activate' },
      { ok: true, value: 'deprecate' },
      { ok: true, value: 'archive' },
    ])
  })
})

describe('releases', () => {
  it.each<ReleaseType>(['MAJOR', 'MINOR', 'PATCH'])('begin with 1.0.0, also with a %s one', (type) => {
    expect(nextRelease([], type)).toBe('1.0.0')
  })

  it.each<[ReleaseType, string]>([
    ['MAJOR', '2.0.0'],
    ['MINOR', '1.11.0'],
    ['PATCH', '1.10.4'],
  ])('go up from the newest, not from the last in the list: %s → %s', (type, expected) => {
    expect(nextRelease(['1.10.3', '1.9.9', '1.2.30'], type)).toBe(expected)
  })

  it('are compared by number, not by letter', () => {
    expect(newestOf(['1.9.0', '1.10.0', '1.2.0'])).toBe('1.10.0')
    expect(newestOf([])).toBeNull()
  })

  it('only ever go up', () => {
    const types = fc.array(fc.constantFrom<ReleaseType>('MAJOR', 'MINOR', 'PATCH'), { maxLength: 40 })
    fc.assert(
      fc.property(types, (steps) => {
        const versions: string[] = []
        for (const step of steps) {
          const next = nextRelease(versions, step)
          expect(versions).not.toContain(next)
          expect(newestOf([...versions, next])).toBe(next)
          versions.push(next)
        }
      }),
    )
  })
})

describe('a base path', () => {
  it.each([
    ['/payments/v1', '/payments/v1'],
    ['/payments/v1/', '/payments/v1'],
    ['  /payments  ', '/payments'],
    ['/', '/'],
    ["/a-b._~!$&'()*+,=:@9", "/a-b._~!$&'()*+,=:@9"],
    ['/Payments', '/Payments'],
    ['/...', '/...'],
    [`/${Array(32).fill('a').join('/')}`, `/${Array(32).fill('a').join('/')}`],
  ])('%s is stored as %s', (given, stored) => {
    expect(acceptableBasePath(given, field)).toEqual({ ok: true, value: stored })
  })

  it.each([
    ['empty', ''],
    ['relative', 'payments/v1'],
    ['an address', 'https://api.example.com/payments'],
    ['two slashes at the start', '//evil.example/payments'],
    ['two slashes within', '/payments//v1'],
    ['two slashes at the end', '/payments//'],
    ['a dot segment', '/payments/./v1'],
    ['a way up', '/payments/../admin'],
    ['a way up at the end', '/payments/..'],
    ['an encoded way up', '/payments/%2e%2e/admin'],
    ['an encoded slash', '/payments%2Fv1'],
    ['a backslash', '/payments\\v1'],
    ['a query', '/payments?x=1'],
    ['a fragment', '/payments#x'],
    ['a placeholder', '/{tenant}/payments'],
    ['a parameter', '/payments;v=1'],
    ['a space', '/pay ments'],
    ['a line break', '/pay\nments'],
    ['a NUL', '/pay\0ments'],
    ['half a surrogate pair', '/pay\ud800ments'],
    ['letters beyond ASCII', '/zahlungen/größe'],
    ['too many segments', `/${Array(33).fill('a').join('/')}`],
    ['too long', `/${'a'.repeat(500)}`],
  ])('is refused: %s', (_, given) => {
    expect(acceptableBasePath(given, field)).toMatchObject({
      ok: false,
      errors: [{ code: 'INVALID', message: expect.stringMatching(/^A .*\.$/), field }],
    })
  })

  it('stays as it is when it is stored again', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const once = acceptableBasePath(path, field)
        if (once.ok) expect(acceptableBasePath(once.value, field)).toEqual(once)
      }),
    )
  })
})
