import { describe, expect, test } from '@jest/globals'
import { GraphQLList, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { type Policy, withItsObject } from '../../src/graphql/policy.js'
import { policyProblems } from '../../src/graphql/policy-check.js'
import { worksForProvider } from '../../src/persistence/permissions.js'

const extensions = (policy?: Policy) => (policy ? { policy } : {})

function schemaWith(said: { type?: Policy; edge?: Policy; query?: Policy }): GraphQLSchema {
  const Owner = new GraphQLObjectType({
    name: 'Owner',
    extensions: extensions(worksForProvider),
    fields: { name: { type: GraphQLString } },
  })
  const Thing = new GraphQLObjectType({
    name: 'Thing',
    extensions: extensions(said.type),
    fields: {
      name: { type: GraphQLString },
      owners: { type: new GraphQLList(Owner), extensions: extensions(said.edge) },
    },
  })
  const things = { type: Thing, extensions: extensions(said.query) }
  return new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: { things } }) })
}

describe('what does not say whom it is for', () => {
  const whole = { type: worksForProvider, edge: withItsObject, query: worksForProvider } as const

  test('is nothing where all of it does', () => {
    expect(policyProblems(schemaWith(whole))).toEqual([])
  })

  test('is named: a type, a field that leads to another object, an operation', () => {
    const { type, edge, query } = whole
    expect(policyProblems(schemaWith({ edge, query }))).toEqual([expect.stringMatching(/^Thing does not say whom/)])
    expect(policyProblems(schemaWith({ type, query }))).toEqual([
      expect.stringMatching(/^Thing\.owners leads to Owner and does not say whom/),
    ])
    expect(policyProblems(schemaWith({ type, edge }))).toEqual([
      expect.stringMatching(/^Query\.things does not say whom/),
    ])
  })

  test('is an operation that names no audience', () => {
    const problems = policyProblems(schemaWith({ ...whole, query: withItsObject }))
    expect(problems).toEqual([expect.stringMatching(/^Query\.things/)])
  })
})
