import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import type { Dice } from './campaign.js'
import { hostileText } from './hostile.js'

/** Good values by the name of a type, or of a field or argument: what is asked about is often there. */
export type Known = Readonly<Record<string, readonly string[]>>

const deepest = 7

/** Operations from the grammar of a schema: nearly all are valid, and ask for anything with anything. */
export class DocumentWriter {
  #fragments: string[] = []

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly dice: Dice,
    private readonly known: Known,
    /** Mutations that would end the story for all others. */
    private readonly without: ReadonlySet<string>,
  ) {}

  write(kind: 'query' | 'mutation' | 'subscription'): string {
    this.#fragments = []
    const root = {
      query: this.schema.getQueryType(),
      mutation: this.schema.getMutationType(),
      subscription: this.schema.getSubscriptionType(),
    }[kind] as GraphQLObjectType
    const fields = Object.values(root.getFields()).filter(({ name }) => !this.without.has(name))
    const count = kind === 'query' ? 1 + this.dice.below(3) : 1
    const asked = Array.from({ length: count }, (_, at) => `f${at}: ${this.#field(this.dice.of(fields), deepest)}`)
    const document = `${kind} Fuzz { ${asked.join(' ')} } ${this.#fragments.join(' ')}`
    // Now and then one that is hardly one.
    return this.dice.once(12) ? hostileText(this.dice, [document]) : document
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const given = field.args.filter((arg) => isNonNullType(arg.type) || this.dice.once(3))
    const args = given.map((arg) => `${arg.name}: ${this.#value(arg.type, arg.name)}`)
    const directive = this.dice.once(12) ? ` @${this.dice.of(['skip', 'include'])}(if: ${this.dice.once(2)})` : ''
    return `${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive}${this.#selection(field.type, depth)}`
  }

  #selection(type: GraphQLOutputType, depth: number): string {
    const named = getNamedType(type)
    if (isLeafType(named)) return this.dice.once(200) ? ' { id }' : ''
    if (depth === 0) return ' { __typename }'
    if (isAbstractType(named)) {
      const possible = this.schema.getPossibleTypes(named)
      const parts = Array.from({ length: 1 + this.dice.below(2) }, () => this.dice.of(possible))
      return ` { __typename ${parts.map((part) => `... on ${part.name}${this.#fields(part, depth - 1)}`).join(' ')} }`
    }
    if (!isObjectType(named)) return ''
    const body = this.#fields(named, depth - 1)
    if (!this.dice.once(15)) return body
    const name = `F${this.#fragments.length}`
    this.#fragments.push(`fragment ${name} on ${named.name}${body}`)
    return ` { ...${name} }`
  }

  #fields(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields())
    const chosen = Array.from({ length: 1 + this.dice.below(4) }, () => this.dice.of(fields))
    return ` { __typename ${chosen.map((field, at) => `a${depth}x${at}: ${this.#field(field, depth)}`).join(' ')} }`
  }

  #value(type: GraphQLInputType, name: string): string {
    if (isNonNullType(type)) return this.dice.once(100) ? 'null' : this.#value(type.ofType, name)
    if (this.dice.once(20)) return 'null'
    if (isListType(type)) {
      return `[${Array.from({ length: this.dice.below(3) }, () => this.#value(type.ofType, name)).join(', ')}]`
    }
    if (isEnumType(type)) return this.dice.of(type.getValues()).name
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()) as unknown as GraphQLArgument[]
      const given = fields.filter((field) => isNonNullType(field.type) || this.dice.once(3))
      return `{ ${given.map((field) => `${field.name}: ${this.#value(field.type, field.name)}`).join(', ')} }`
    }
    if (type.name === 'Boolean') return String(this.dice.once(2))
    if (type.name === 'Int')
      return this.dice.of(['0', '1', '20', '100', '101', '-1', '2147483647', '2147483648', '1.5'])
    const good = [...(this.known[name] ?? []), ...(this.known[type.name] ?? [])]
    return JSON.stringify(this.dice.once(3) || good.length === 0 ? hostileText(this.dice, good) : this.dice.of(good))
  }
}
