import { describe, expect, it } from '@jest/globals'
import { acceptableSlug, acceptableTerms, isSameText, isSlug } from '../../src/marketplaces/marketplace.rules.js'
import { termsProblem } from '../../src/marketplaces/terms.service.js'

describe('an address part', () => {
  it.each(['shop', 'harbour-2', '4711', 'a--b', 'a'.repeat(63)])('may be %s', (slug) => {
    expect(acceptableSlug(slug, ['input', 'slug'])).toEqual({ ok: true, value: slug })
    expect(isSlug(slug)).toBe(true)
  })

  it.each(['', 'abc', 'a'.repeat(64), '-shop', 'shop-', 'Shop', 'my shop', 'shöp', 'shop\n', 'shop\0', '../shop'])(
    'is not %j',
    (slug) => {
      expect(isSlug(slug)).toBe(false)
      expect(acceptableSlug(slug, ['input', 'slug'])).toMatchObject({
        ok: false,
        errors: [{ code: 'INVALID', field: ['input', 'slug'] }],
      })
    },
  )
})

describe('terms', () => {
  const field = ['input', 'terms']
  const url = 'https://harbour.example/terms'

  it('say something themselves, or say where it stands', () => {
    expect(acceptableTerms({ title: ' Terms ', body: 'Be kind.' }, field)).toEqual({
      ok: true,
      value: { title: 'Terms', body: 'Be kind.', url: null },
    })
    expect(acceptableTerms({ title: 'Terms', url }, field)).toEqual({
      ok: true,
      value: { title: 'Terms', body: null, url },
    })
    expect(acceptableTerms({ title: 'Terms' }, field)).toMatchObject({
      ok: false,
      errors: [{ code: 'REQUIRED', field: ['input', 'terms', 'body'] }],
    })
    expect(acceptableTerms({ title: 'Terms', body: '  \n' }, field)).toMatchObject({ ok: false })
  })

  it('are refused for everything that is wrong with them at once', () => {
    const read = acceptableTerms({ title: ' ', body: 'a\0b', url }, field)
    expect(read).toMatchObject({
      ok: false,
      errors: [
        { code: 'REQUIRED', field: ['input', 'terms', 'title'] },
        { code: 'INVALID', field: ['input', 'terms', 'body'] },
      ],
    })
  })

  it('may be long, but not without end', () => {
    expect(acceptableTerms({ title: 'Terms', body: 'a'.repeat(200_000) }, field).ok).toBe(true)
    expect(acceptableTerms({ title: 'Terms', body: 'a'.repeat(200_001) }, field).ok).toBe(false)
  })

  const text = { title: 'Terms', body: 'Be kind.', url: null }
  it('are the same only when all of them is', () => {
    expect(isSameText({ title: 'Terms', body: 'Be kind.' }, text)).toBe(true)
    expect(isSameText({ ...text, title: 'Rules' }, text)).toBe(false)
    expect(isSameText({ ...text, body: 'Be kind!' }, text)).toBe(false)
    expect(isSameText({ ...text, url }, text)).toBe(false)
  })

  const terms = {
    id: 'trm',
    providerId: 'prov',
    subjectId: 'mkt',
    version: 3,
    publishedAt: new Date(),
    withdrawnAt: null,
    ...text,
  }
  it('are accepted in the version that stands', () => {
    expect(termsProblem(terms, 3)).toBeNull()
    for (const other of [2, 4, 0, null, undefined]) {
      expect(termsProblem(terms, other)).toMatchObject({
        code: 'TERMS_NOT_ACCEPTED',
        field: ['input', 'acceptedTermsVersion'],
      })
    }
  })

  it('that are not there need no acceptance', () => {
    expect(termsProblem(null, null)).toBeNull()
    expect(termsProblem(null, 7)).toBeNull()
  })
})
