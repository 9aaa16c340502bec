import { type GraphQLObjectType, type GraphQLSchema, getNamedType } from 'graphql'
import type { Audience, Tie } from '../persistence/audience.js'
import { consumerRoles, providerRoles } from '../persistence/tenant-scope.js'
import { type Policy, policyOf } from './policy.js'
import { fieldsOf, objectTypes, operationTypes, ruleOf } from './policy-check.js'

const head = `# Who may see and do what

Written by \`npm run schema\` from what stands on the schema's classes and fields (\`src/graphql/policy.ts\`); held by
\`npm run check\`. \`test/stories/authorization-matrix.test.ts\` holds the backend to it, field by field and role by role.

A role counts where the object belongs: a provider's role at its provider, an organization's in that organization, a
gateway's token in its marketplace. An administrator has every role. What a viewer may not see is as absent as what never
was: null, an empty list, or NOT_FOUND in the same words. Whoever sees an object and lacks the role for a step is answered
NOT_ALLOWED, and whoever is not signed in UNAUTHENTICATED.

| column | who |
| --- | --- |
| **Adm Mkt Cat Sub Acc Aud** | the provider's ADMINISTRATOR, MARKETPLACE_MANAGER, CATALOG_MANAGER, SUBSCRIPTION_APPROVER, ACCESS_MANAGER, AUDITOR |
| **Adm Sub Dev** | the consumer organization's ADMINISTRATOR, SUBSCRIBER, DEVELOPER |
| **Gw** | a gateway, with its token |
| **All** | everybody else who is signed in (\`signed in\`), or anybody at all (\`●\`) |

\`free\`: where it is about a free plan.
`

const columns = '| Adm Mkt Cat Sub Acc Aud | Adm Sub Dev | Gw | All | and |\n| :-: | :-: | :-: | :-: | --- |'

const tieSentences: Record<Tie, string> = {
  'is offered it': 'strangers and consumers whom it is on sale to',
  'has subscribed to it': 'members of an organization that has subscribed to it',
  'may use it': 'members of an organization whose subscription covers it, from approval until it ends',
  'may look inside': 'everybody where the marketplace is public; else those who have a part in it',
  'buys from its provider': "consumers in the provider's marketplaces",
  'is that person': 'the person itself',
  'sees a membership of that person': 'whoever sees a membership of that person',
}

/** The whole matrix as a page for people. */
export function policyPage(schema: GraphQLSchema): string {
  const types = objectTypes(schema)
  const owned = types.filter((type) => typeof policyOf(type) === 'object')
  const named = (policy: Policy) => types.filter((type) => policyOf(type) === policy).map((type) => `\`${type.name}\``)
  const sections = [
    head,
    '## Objects\n\nWho finds one, by its id or on any path that leads to it.\n',
    table(
      'type',
      owned.map((type) => [type.name, policyOf(type) as Audience]),
    ),
    '\n## Fields\n\nA field that is not named here is for whoever sees its object.\n',
    ...types.map(exceptionsOf).filter((text) => text !== ''),
    '## What has no rule of its own\n',
    `**Shown with the object that it is a part of**: ${named('with its object').join(', ')}.\n`,
    `**Carries others**, each of which comes by its own rule: ${named('carries others').join(', ')}.\n`,
    ...operationTypes(schema).map(operationsOf),
  ]
  return `${sections.join('\n').trimEnd()}\n`
}

function operationsOf(type: GraphQLObjectType): string {
  const title = { Query: 'Queries', Mutation: 'Mutations', Subscription: 'Live fields' }[type.name] ?? type.name
  const said = {
    Query: 'Who may ask. What is found follows the rules above.',
    Mutation: 'Who may do it to the object that the input names.',
    Subscription: 'Who hears of it.',
  }[type.name]
  const lines = fieldsOf(type).map((field): [string, Audience] => [field.name, policyOf(field) as Audience])
  return `## ${title}\n\n${said}\n\n${table('field', lines)}\n`
}

/** Where a type's fields are for others than those who see the object. */
function exceptionsOf(type: GraphQLObjectType): string {
  const rules = fieldsOf(type)
    .map((field) => ruleOf(type, field))
    .filter((rule) => rule !== undefined)
    .filter((rule) => rule.declared)
  if (rules.length === 0) return ''
  const lines = rules.map(({ field, policy }) => {
    const target = getNamedType(field.type).name
    if (policy === 'by its own rule') return `- \`${field.name}\`: as far as the viewer sees each \`${shown(target)}\``
    if (typeof policy === 'object') return `- **\`${field.name}\`: ${sentence(policy)}**`
    return `- \`${field.name}\`: the \`${shown(target)}\`, to whoever sees the object`
  })
  return `### ${type.name}\n\n${lines.join('\n')}\n`
}

const shown = (target: string): string => target.replace(/Connection$/, '')

function table(first: string, lines: ReadonlyArray<readonly [string, Audience]>): string {
  const [titles, rule] = columns.split('\n')
  const rows = lines.map(([name, audience]) => `| \`${name}\` ${cellsOf(audience)}`)
  return [`| ${first} ${titles}`, `| --- ${rule}`, ...rows].join('\n')
}

function cellsOf(audience: Audience): string {
  const all = audience.anyone || audience.person ? ('every role' as const) : undefined
  const marks = (
    roles: readonly string[],
    wanted: readonly string[] | 'every role' | undefined,
    free?: readonly string[],
  ) =>
    roles
      .map((role) => {
        if (!wanted) return '·'
        if (wanted === 'every role' || role === 'ADMINISTRATOR' || wanted.includes(role)) return '●'
        return free?.includes(role) ? 'free' : '·'
      })
      .join(' ')
  const cells = [
    marks(providerRoles, all ?? audience.provider),
    marks(consumerRoles, all ?? audience.consumer, audience.consumerOfFreePlan),
    audience.gateway ? '●' : '·',
    audience.anyone ? '●' : audience.person ? 'signed in' : '·',
    [...(audience.ties ?? []).map((tie) => tieSentences[tie]), ...(audience.remark ? [audience.remark] : [])].join(
      '; ',
    ),
  ]
  return `| ${cells.join(' | ')} |`
}

function sentence({ anyone, person, provider, consumer, gateway, ties = [] }: Audience): string {
  const roles = (of: readonly string[] | 'every role') =>
    of === 'every role' ? '' : ` as ${[...new Set(['ADMINISTRATOR', ...of])].join(' or ')}`
  const parts = [
    anyone && 'everybody',
    person && 'whoever is signed in',
    provider && `the provider's people${roles(provider)}`,
    consumer && `the organization's people${roles(consumer)}`,
    gateway && 'gateways',
    ...ties.map((tie) => tieSentences[tie]),
  ]
  return parts.filter((part) => typeof part === 'string').join('; ')
}
