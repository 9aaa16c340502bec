import type { GraphQLObjectType } from 'graphql'
import type { IdPrefix } from '../../src/kernel/id.js'
import { newId } from '../../src/kernel/id.js'
import type { Fact } from './facts.js'
import type { Judge } from './judge.js'
import type { Oracle, Who } from './oracle.js'
import { type Arguments, everythingOf, isNode, pieces, type Selection, textOf } from './selection.js'
import type { Transport } from './transports.js'

const idsAtOnce = 50
const edgesAtOnce = 2

type Shown = Record<string, unknown> | null

/** Reads everything that can be read by an id, and on every path from it to what it leads to. */
export class Reading {
  readonly #parts: Array<{ type: GraphQLObjectType; selection: Selection; ids: string[]; document: string }> = []

  constructor(
    private readonly judge: Judge,
    private readonly oracle: Oracle,
    private readonly facts: readonly Fact[],
    given: Arguments,
  ) {
    const { schema } = judge
    const types = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType => 'getInterfaces' in type && 'getFields' in type && isNode(type),
    )
    for (const type of types) {
      if (!facts.some((fact) => fact.type === type.name)) throw new Error(`The world has no ${type.name}.`)
      const ids = facts.filter((fact) => fact.type === type.name).map(({ id }) => id)
      for (const selection of pieces(everythingOf(type, 1), edgesAtOnce)) {
        const text = textOf(schema, type, { id: null, ...selection }, given)
        const document = `query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ${type.name} ${text} } }`
        for (let at = 0; at < ids.length; at += idsAtOnce) {
          this.#parts.push({ type, selection, ids: ids.slice(at, at + idsAtOnce), document })
        }
      }
    }
  }

  get selections(): ReadonlyArray<{ type: GraphQLObjectType; selection: Selection }> {
    return this.#parts
  }

  /** What somebody is shown of each part of the world, in its order. */
  async shownTo(transport: Transport): Promise<Shown[][] | null> {
    const all: Shown[][] = []
    for (const { document, ids } of this.#parts) {
      const never = newId((ids[0] as string).split('_')[0] as IdPrefix)
      const { data, codes } = await transport.ask(document, { ids: [...ids, never] })
      if (codes.length > 0 && codes.every((code) => code === 'UNAUTHENTICATED')) return null
      if (codes.length > 0)
        this.judge.fault(`${transport.name} ${document.slice(0, 90)}`, `was answered ${codes.join()}`)
      const nodes = (data?.nodes ?? ids.map(() => null)) as Shown[]
      if (nodes[ids.length]) this.judge.fault(never, 'never was, and is shown')
      all.push(nodes.slice(0, ids.length))
    }
    return all
  }

  judgeShown(name: string, who: Who, shown: Shown[][] | null, reference: Shown[][]): void {
    for (const [at, { type, selection, ids }] of this.#parts.entries()) {
      for (const [index, id] of ids.entries()) {
        const answered = shown?.[at]?.[index] ?? null
        const where = `${name} | ${type.name} ${id}`
        if (this.oracle.sees(who, id)) {
          const fact = this.facts.find((one) => one.id === id) as Fact
          this.judge.object(where, who, type, selection, answered, reference[at]?.[index] ?? answered, fact)
        } else this.judge.absent(where, type, selection, answered)
      }
    }
  }

  /** What there is: of each provider's objects what its administrator is shown. */
  async reference(administrators: ReadonlyMap<string, Transport>): Promise<Shown[][]> {
    const shown = new Map<string, Shown[][]>()
    for (const [id, transport] of administrators) shown.set(id, (await this.shownTo(transport)) as Shown[][])
    return this.#parts.map(({ ids }, at) =>
      ids.map((id, index) => {
        const owner = this.facts.find((fact) => fact.id === id)?.providerId ?? null
        const those = owner === null ? [...shown.values()] : [shown.get(owner) as Shown[][]]
        return those.map((all) => all[at]?.[index] ?? null).find((one) => one !== null) ?? null
      }),
    )
  }
}
