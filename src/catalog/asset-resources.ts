import { combine, type Result, refuse, type UserError } from '../kernel/result.js'
import { readName, readText } from '../kernel/text.js'
import { acceptableBasePath } from './asset.rules.js'
import { describedApi, type OpenApiDocument, type OpenApiReader } from './openapi-document.js'

/** An API as somebody gives it: what its OpenAPI document says need not be said again. */
export interface GivenResource {
  name?: string | null
  description?: string | null
  basePath?: string | null
  specification?: string | null
}

/** An API that can be stored. */
export interface AcceptedResource {
  name: string
  description: string | null
  basePath: string
  apiVersion: string | null
  document: OpenApiDocument | null
}

const mostResources = 100
const place = (index: number, key?: string): string[] => ['input', 'resources', String(index), ...(key ? [key] : [])]

/** The APIs of an asset as they will be stored, or all that is wrong with them. */
export async function acceptableResources(
  reader: OpenApiReader,
  given: readonly GivenResource[],
): Promise<Result<AcceptedResource[]>> {
  if (given.length === 0) return refuse('REQUIRED', 'An asset has at least one API.', ['input', 'resources'])
  if (given.length > mostResources) {
    return refuse('LIMIT_REACHED', `An asset has at most ${mostResources} APIs.`, ['input', 'resources'])
  }
  const texts = given.flatMap(({ specification }, index) =>
    isGiven(specification) ? [{ text: specification, field: place(index, 'specification') }] : [],
  )
  const documents = await reader.read(texts)
  if (!documents.ok) return documents
  const inOrder = documents.value.values()
  const accepted = given.map((resource, index) =>
    acceptableResource(resource, isGiven(resource.specification) ? (inOrder.next().value ?? null) : null, index),
  )
  const read = combine(accepted)
  if (!read.ok) return read
  const errors = repeatedPaths(read.value)
  return errors.length > 0 ? { ok: false, errors } : read
}

function acceptableResource(
  given: GivenResource,
  document: OpenApiDocument | null,
  index: number,
): Result<AcceptedResource> {
  const described = document ? describedApi(document) : null
  const name = given.name ?? described?.name
  const basePath = given.basePath ?? described?.basePath
  const description = given.description ?? described?.description
  const read = combine([
    isGiven(name) ? readName(name, place(index, 'name')) : refuse('REQUIRED', nameMissing, place(index, 'name')),
    isGiven(basePath)
      ? acceptableBasePath(basePath, place(index, 'basePath'))
      : refuse('REQUIRED', document ? pathUnsaid : pathMissing, place(index, 'basePath')),
    readText(description, place(index, 'description')),
  ])
  if (!read.ok) return read
  const [acceptedName, acceptedPath, acceptedDescription] = read.value
  return {
    ok: true,
    value: {
      name: acceptedName,
      description: acceptedDescription,
      basePath: acceptedPath,
      apiVersion: described?.apiVersion ?? null,
      document,
    },
  }
}

const nameMissing = 'Name the API, or give an OpenAPI document that does.'
const pathMissing = 'Say where the API is served, such as /payments/v1, or give an OpenAPI document that does.'
const pathUnsaid = 'The OpenAPI document names no path that the API is served below: say it here, such as /payments/v1.'

function repeatedPaths(resources: readonly AcceptedResource[]): UserError[] {
  return resources.flatMap(({ basePath }, index) => {
    if (resources.findIndex((other) => other.basePath === basePath) === index) return []
    const message = `Another API of this asset is served at ${basePath} already.`
    return [{ code: 'TAKEN' as const, message, field: place(index, 'basePath') }]
  })
}

function isGiven(text: string | null | undefined): text is string {
  return text !== null && text !== undefined
}
