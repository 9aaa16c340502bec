import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { buildSchema, parse } from 'graphql'
import { TrustedDocuments } from '../../src/graphql/trusted-documents.js'

const schema = buildSchema(readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'))

describe('documents that are to be trusted', () => {
  test('are refused together with what is wrong with each, before anything is served', () => {
    const texts = new Map([
      ['good', '{ liveCursor }'],
      ['outdated', '{ vieweer { id } }'],
      ['broken', '{ viewer {'],
    ])
    expect(() => new TrustedDocuments(schema, texts)).toThrow(
      [
        'TRUSTED_DOCUMENTS are not of this schema:',
        '  - outdated: Cannot query field "vieweer" on type "Query". Did you mean "viewer"?',
        '  - broken: Syntax Error: Expected Name, found <EOF>.',
      ].join('\n'),
    )
  })

  test('are known however they are spaced, and by nothing less', () => {
    const trusted = new TrustedDocuments(schema, new Map([['one', 'query Now($a: ID!) { node(id: $a) { id } }']]))
    expect(trusted.has(parse('query Now(  $a: ID!,) {\n node(id: $a) { id } } # now'))).toBe(true)
    expect(trusted.has(parse('query Now($a: ID!) { node(id: $a) { id __typename } }'))).toBe(false)
    expect(trusted.has(parse('query Then($a: ID!) { node(id: $a) { id } }'))).toBe(false)
    expect(trusted.has(parse('{ node(id: "one") { id } }'))).toBe(false)
  })
})
