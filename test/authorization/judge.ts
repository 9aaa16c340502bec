import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isListType,
  isNonNullType,
} from 'graphql'
import { type Policy, policyOf } from '../../src/graphql/policy.js'
import { ruleOf } from '../../src/graphql/policy-check.js'
import type { Fact, Facts } from './facts.js'
import type { Oracle, Who } from './oracle.js'
import { isNode, namesIn, type Selection } from './selection.js'

type Answered = Record<string, unknown> | null | undefined

/** Compares what somebody was answered with what the policies say; what does not fit goes to `faults`. */
export class Judge {
  readonly faults: string[] = []
  /** How many fields were looked at, each for one viewer on one path. */
  checks = 0
  /** Fields that somebody was shown a value of. */
  readonly shown = new Set<string>()

  constructor(
    readonly schema: GraphQLSchema,
    private readonly facts: Facts,
    private readonly oracle: Oracle,
  ) {}

  fault(where: string, what: string): void {
    this.faults.push(`${where}: ${what}`)
  }

  /** An object that is absent: each of its fields was asked for, and none was answered. */
  absent(where: string, type: GraphQLObjectType, selection: Selection, answered: unknown): void {
    this.checks += namesIn(type, selection).length
    if (answered !== null) this.fault(where, `is shown, but must be as absent as what never was: ${brief(answered)}`)
  }

  /**
   * @param reference what the one is answered who sees all of it
   * @param fact the object that the answer is of, or a part of
   */
  object(
    where: string,
    who: Who,
    type: GraphQLObjectType,
    selection: Selection,
    answered: Answered,
    reference: Answered,
    fact: Fact | null,
  ): void {
    if (!answered) {
      this.checks += namesIn(type, selection).length
      if (reference) this.fault(where, 'is null, but must be shown')
      return
    }
    for (const [name, inner] of Object.entries(selection)) {
      const field = type.getFields()[name] as GraphQLField<unknown, unknown>
      const policy = ruleOf(type, field)?.policy as Policy
      const path = `${where}.${name}`
      this.checks += 1
      const value = answered[name]
      if (typeof policy === 'object' && !this.oracle.admits(who, policy, fact)) {
        if (!isNothing(value)) this.fault(path, `is shown, but is not for this viewer: ${brief(value)}`)
        continue
      }
      if (!isNothing(value)) this.shown.add(`${type.name}.${name}`)
      if (inner === null) this.#plain(path, value, reference?.[name])
      else this.#leading(path, who, field, policy, inner, value, reference?.[name], fact)
    }
  }

  #plain(where: string, value: unknown, reference: unknown): void {
    if (value === undefined) this.fault(where, 'was not answered at all')
    if (value === null && reference !== null && reference !== undefined) {
      this.fault(where, `is null, but must be shown as it is to others: ${brief(reference)}`)
    }
  }

  #leading(
    where: string,
    who: Who,
    field: GraphQLField<unknown, unknown>,
    policy: Policy,
    inner: Selection,
    value: unknown,
    reference: unknown,
    fact: Fact | null,
  ): void {
    const target = getNamedType(field.type) as GraphQLObjectType
    if (target.name.endsWith('Connection')) {
      this.#page(where, who, target, inner, value as Answered, reference as Answered)
    } else if (isList(field.type)) {
      this.#list(where, who, target, policy, inner, value as Answered[], reference as Answered[] | undefined, fact)
    } else {
      this.#one(where, who, target, policy, inner, value as Answered, reference as Answered, fact)
    }
  }

  #one(
    where: string,
    who: Who,
    target: GraphQLObjectType,
    policy: Policy,
    inner: Selection,
    value: Answered,
    reference: Answered,
    fact: Fact | null,
  ): void {
    const id = (reference?.id ?? value?.id) as string | undefined
    if (!isNode(target) || !id) {
      this.object(where, who, target, inner, value, reference, fact)
      return
    }
    const shown = policy !== 'by its own rule' || this.oracle.sees(who, id)
    if (shown) this.object(where, who, target, inner, value, reference, this.facts.of(id))
    else this.absent(`${where} ${id}`, target, inner, value)
  }

  #page(
    where: string,
    who: Who,
    type: GraphQLObjectType,
    inner: Selection,
    value: Answered,
    reference: Answered,
  ): void {
    if (!value) {
      this.fault(where, 'is null, but a page is always answered')
      return
    }
    const node = getNamedType(type.getFields().nodes?.type) as GraphQLObjectType
    const nodes = value.nodes as Answered[]
    const edges = (value.edges as Array<{ node: { id: string } }>).map((edge) => edge.node.id)
    if (edges.join() !== nodes.map((one) => one?.id).join()) this.fault(where, 'has other edges than nodes')
    if (typeof value.totalCount !== 'number') this.fault(where, 'has no number of all')
    const cut = (value.pageInfo as { hasNextPage: boolean }).hasNextPage
    if (!cut && value.totalCount !== nodes.length)
      this.fault(where, `counts ${String(value.totalCount)} of ${nodes.length}`)
    for (const name of namesIn(type, { ...inner, nodes: null })) this.shown.add(name)
    this.checks += 4
    this.#list(
      where,
      who,
      node,
      'by its own rule',
      inner.nodes as Selection,
      nodes,
      reference?.nodes as Answered[] | undefined,
      null,
      cut || (reference?.pageInfo as { hasNextPage: boolean } | undefined)?.hasNextPage,
    )
  }

  #list(
    where: string,
    who: Who,
    target: GraphQLObjectType,
    policy: Policy,
    inner: Selection,
    value: readonly Answered[],
    reference: readonly Answered[] | undefined,
    fact: Fact | null,
    cut = false,
  ): void {
    if (!Array.isArray(value)) this.fault(where, `is no list: ${brief(value)}`)
    else if (isNode(target)) this.#nodes(where, who, target, policy, inner, value, reference, cut)
    else this.#parts(where, who, target, inner, value, reference, fact)
  }

  #nodes(
    where: string,
    who: Who,
    target: GraphQLObjectType,
    policy: Policy,
    inner: Selection,
    value: readonly Answered[],
    reference: readonly Answered[] | undefined,
    cut: boolean,
  ): void {
    const ids = value.map((one) => one?.id as string)
    const all = (reference ?? value).map((one) => one?.id as string)
    const due = all.filter((id) => policy !== 'by its own rule' || this.oracle.sees(who, id))
    // A product's page shows buyers what they could take, and not all that they may look at.
    const offered = where.endsWith('.plans') ? due.filter((id) => this.oracle.couldTake(who, id)) : due
    this.checks += (all.length - due.length) * namesIn(target, inner).length
    for (const id of ids) {
      if (policy === 'by its own rule' && !this.oracle.sees(who, id))
        this.fault(`${where} ${id}`, 'is listed, but not for this viewer')
    }
    for (const id of cut ? [] : offered) if (!ids.includes(id)) this.fault(`${where} ${id}`, 'is missing from the list')
    for (const one of value) {
      const id = one?.id as string
      const same = reference?.find((other) => other?.id === id)
      this.object(`${where} ${id}`, who, target, inner, one, same, this.facts.of(id))
    }
  }

  /** Parts are shown whole; of those with a rule of their own, an asset's releases, as many as a product takes. */
  #parts(
    where: string,
    who: Who,
    target: GraphQLObjectType,
    inner: Selection,
    value: readonly Answered[],
    reference: readonly Answered[] | undefined,
    fact: Fact | null,
  ): void {
    const some = typeof policyOf(target) === 'object'
    if (reference && (some ? value.length > reference.length : value.length !== reference.length)) {
      this.fault(where, `has ${value.length} parts of ${reference.length}`)
    }
    for (const [index, one] of value.entries()) {
      const same = some ? reference?.find((other) => other?.version === one?.version) : reference?.[index]
      this.object(`${where} ${index}`, who, target, inner, one, same, fact)
    }
  }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && 'nodes' in value && (value.nodes as unknown[]).length === 0
}

function brief(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
