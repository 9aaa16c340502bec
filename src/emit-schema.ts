import { readFile, writeFile } from 'node:fs/promises'
import { buildGraphqlSchema, schemaText } from './graphql/schema.js'
import { resolverClasses } from './resolvers.js'

/** `npm run schema` writes what clients are promised to `schema/schema.graphql`; `-- --check` fails when that differs. */
const path = new URL('../schema/schema.graphql', import.meta.url)
const schema = await buildGraphqlSchema(resolverClasses, () => {
  throw new Error('Nothing is executed while the schema is written.')
})
const text = schemaText(schema)

if (!process.argv.includes('--check')) {
  await writeFile(path, text)
  console.log('Written: schema/schema.graphql')
} else if ((await readFile(path, 'utf8').catch(() => '')) === text) {
  console.log('The schema is as committed.')
} else {
  console.error('The schema differs from schema/schema.graphql: run `npm run schema` and commit what it writes.')
  process.exitCode = 1
}
