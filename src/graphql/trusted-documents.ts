import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, print, specifiedRules, validate } from 'graphql'
import { CannotStart } from '../kernel/cannot-start.js'
import { RequestError } from '../kernel/request-error.js'

/** What a client sends: a text, or a name of one, as GraphQL over HTTP drafts it or as Apollo's clients give it. */
export interface SentDocument {
  query?: string | null | undefined
  documentId?: unknown
  extensions?: { persistedQuery?: { sha256Hash?: unknown } } | null | undefined
}

/** Stands for a name that nobody knows. It is of no schema, so it is never among the trusted. */
const unknownDocument = '{ thisDocumentIsNotKnown }'

/** The documents that clients may execute, where an operator has named them. All others are refused. */
export class TrustedDocuments {
  readonly #texts: ReadonlyMap<string, string>
  /** As they are sent, and as they are however they are spaced. */
  readonly #known: Set<string>

  /**
   * @param texts the documents by their ids
   * @throws CannotStart with a line for each that is no document of this schema
   */
  constructor(schema: GraphQLSchema, texts: ReadonlyMap<string, string>) {
    const faults = [...texts].flatMap(([id, text]) => faultsOf(schema, text).map((fault) => `  - ${id}: ${fault}`))
    if (faults.length > 0) throw new CannotStart(`TRUSTED_DOCUMENTS are not of this schema:\n${faults.join('\n')}`)
    this.#texts = texts
    this.#known = new Set([...texts.values()].flatMap((text) => [text, print(parse(text))]))
  }

  /** The text that is meant; nothing where nothing was sent. */
  textOf({ query, documentId, extensions }: SentDocument): string | undefined {
    const id = documentId ?? extensions?.persistedQuery?.sha256Hash
    const named = typeof id === 'string' ? this.#texts.get(id) : undefined
    return named ?? (query || (id === undefined ? undefined : unknownDocument))
  }

  has(document: DocumentNode): boolean {
    const sent = document.loc?.source.body
    return (sent !== undefined && this.#known.has(sent)) || this.#known.has(print(document))
  }
}

export function notTrusted(): GraphQLError {
  const error = new RequestError('FORBIDDEN', 'This server executes only the documents that its operator has named.')
  return new GraphQLError(error.message, { originalError: error })
}

function faultsOf(schema: GraphQLSchema, text: string): string[] {
  try {
    return validate(schema, parse(text), specifiedRules).map(({ message }) => message)
  } catch (error) {
    if (error instanceof GraphQLError) return [error.message]
    throw error
  }
}
