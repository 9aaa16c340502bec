import { readFile, writeFile } from 'node:fs/promises'
import { policyProblems } from './graphql/policy-check.js'
import { policyPage } from './graphql/policy-page.js'
import { buildGraphqlSchema, schemaText } from './graphql/schema.js'
import { resolverClasses } from './resolvers.js'

/**
 * `npm run schema` writes what clients are promised to `schema/schema.graphql`, and whom each part is for to
 * `schema/POLICY.md`; `-- --check` fails when either differs. Both fail where something does not say whom it is for.
 */
const schema = await buildGraphqlSchema(resolverClasses, () => {
  throw new Error('Nothing is executed while the schema is written.')
})
const problems = policyProblems(schema)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else for (const [name, text] of Object.entries(pages())) await settle(name, text)

function pages(): Record<string, string> {
  return { 'schema.graphql': schemaText(schema), 'POLICY.md': policyPage(schema) }
}

async function settle(name: string, text: string): Promise<void> {
  const path = new URL(`../schema/${name}`, import.meta.url)
  if (!process.argv.includes('--check')) {
    await writeFile(path, text)
    console.log(`Written: schema/${name}`)
  } else if ((await readFile(path, 'utf8').catch(() => '')) === text) {
    console.log(`schema/${name} is as committed.`)
  } else {
    console.error(`schema/${name} differs from the source: run \`npm run schema\` and commit what it writes.`)
    process.exitCode = 1
  }
}
