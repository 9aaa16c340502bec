import { describe, expect, it, test } from '@jest/globals'
import { planStates } from '../../src/catalog/plan.entity.js'
import { productStates } from '../../src/catalog/product.entity.js'
import { visibilityAudiences } from '../../src/catalog/publication.entity.js'
import {
  acceptableVisibility,
  isVisibleTo,
  type Offering,
  offeringProblem,
  publishingProblems,
  publishingWarnings,
  toEveryone,
} from '../../src/catalog/publication.rules.js'

const field = ['input', 'visibility']
const onlyAcme = { audience: 'SELECTED_ORGANIZATIONS', organizationIds: ['acme'] } as const
const signedIn = { audience: 'SIGNED_IN', organizationIds: [] } as const

describe('who sees it', () => {
  it('names organizations where they are selected, each once', () => {
    const given = { audience: 'SELECTED_ORGANIZATIONS', organizationIds: ['acme', 'umbra', 'acme'] } as const
    expect(acceptableVisibility(given, field)).toEqual({
      ok: true,
      value: { audience: 'SELECTED_ORGANIZATIONS', organizationIds: ['acme', 'umbra'] },
    })
    expect(acceptableVisibility({ ...given, organizationIds: [] }, field)).toMatchObject({
      ok: false,
      errors: [{ code: 'REQUIRED', field: [...field, 'organizationIds'] }],
    })
  })

  test.each(['EVERYONE', 'SIGNED_IN'] as const)('names none with %s', (audience) => {
    expect(acceptableVisibility({ audience, organizationIds: [] }, field)).toEqual({
      ok: true,
      value: { audience, organizationIds: [] },
    })
    expect(acceptableVisibility({ audience, organizationIds: ['acme'] }, field)).toMatchObject({
      ok: false,
      errors: [{ code: 'INVALID', field: [...field, 'organizationIds'] }],
    })
  })

  test.each(visibilityAudiences)('to members, %s is what it says', (audience) => {
    const visibility = { audience, organizationIds: audience === 'SELECTED_ORGANIZATIONS' ? ['acme'] : [] }
    expect(isVisibleTo(visibility, 'acme')).toBe(true)
    expect(isVisibleTo(visibility, 'umbra')).toBe(audience !== 'SELECTED_ORGANIZATIONS')
  })
})

describe('publishing', () => {
  const url = 'https://shop.example/'

  test.each(productStates)('of a product that is %s', (state) => {
    const errors = publishingProblems({ state }, { url }).map(({ code, field }) => [code, field])
    expect(errors).toEqual(state === 'ACTIVE' ? [] : [['WRONG_STATE', ['input', 'productId']]])
  })

  test.each([null, undefined, ''])('in a marketplace whose address is %p', (missing) => {
    expect(publishingProblems({ state: 'ACTIVE' }, missing === undefined ? {} : { url: missing })).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'marketplaceId'] },
    ])
  })

  it('says all that is wrong at once', () => {
    expect(publishingProblems({ state: 'DRAFT' }, { url: null }).map(({ code }) => code)).toEqual([
      'WRONG_STATE',
      'REQUIRED',
    ])
  })

  it('warns of what nobody can buy', () => {
    expect(publishingWarnings({ consumerOrganizationsAllowed: true }, 1)).toEqual([])
    expect(publishingWarnings({ consumerOrganizationsAllowed: true }, 0)).toHaveLength(1)
    expect(publishingWarnings({ consumerOrganizationsAllowed: false }, 0)).toHaveLength(2)
  })
})

describe('an offer', () => {
  const offer: Offering = {
    organizationId: 'acme',
    planState: 'ACTIVE',
    productState: 'ACTIVE',
    publication: toEveryone,
    planVisibility: null,
  }

  test.each(planStates.flatMap((planState) => productStates.map((productState) => ({ planState, productState }))))(
    'stands with a plan that is $planState of a product that is $productState only when both are active',
    (states) => {
      const problem = offeringProblem({ ...offer, ...states })
      const stands = states.planState === 'ACTIVE' && states.productState === 'ACTIVE'
      expect(problem === null).toBe(stands)
      if (!stands) expect(problem).toMatch(/^This .*\.$/)
    },
  )

  it('stands only where the product is on sale', () => {
    expect(offeringProblem({ ...offer, publication: null })).toBe('This product is not on sale here any more.')
  })

  const audiences = [toEveryone, signedIn, onlyAcme]
  test.each(
    audiences.flatMap((publication) => [null, ...audiences].map((planVisibility) => ({ publication, planVisibility }))),
  )('is for whoever sees both: $publication.audience and $planVisibility.audience', (visibility) => {
    expect(offeringProblem({ ...offer, ...visibility })).toBeNull()
    const isSelective = [visibility.publication, visibility.planVisibility].includes(onlyAcme)
    const toOthers = offeringProblem({ ...offer, ...visibility, organizationId: 'umbra' })
    expect(toOthers).toBe(isSelective ? 'This plan is not on offer to this organization.' : null)
  })
})
