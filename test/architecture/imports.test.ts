import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

/** Who imports whom, and the rule that forbids it; null where none does. */
const imports: ReadonlyArray<readonly [from: string, to: string, rule: string | null]> = [
  ['src/catalog/reach.service.ts', 'src/billing/right.service.ts', 'catalog-knows-only-what-stands-left-of-it'],
  ['src/kernel/reach.ts', 'src/access/right.rules.ts', 'kernel-knows-only-what-stands-left-of-it'],
  ['src/billing/call.rules.ts', 'src/billing/own.service.ts', 'rules-files-know-no-repository'],
  ['src/billing/show.entity.ts', 'src/billing/own.type.ts', 'entity-files-know-no-repository'],
  ['src/billing/show.service.ts', 'src/billing/own.resolver.ts', 'service-files-know-no-type'],
  ['src/sandbox/borrow.ts', 'src/kernel/word.ts', 'the-sandbox-stands-alone'],
  ['src/stripe/peek.ts', 'src/sandbox/inside.ts', 'nobody-knows-the-sandbox'],
  ['src/usage/compose.service.ts', 'src/app.ts', 'only-the-root-composes'],
  ['src/catalog/hear.service.ts', 'src/access/told.events.ts', null],
  ['src/billing/use.service.ts', 'src/subscriptions/left.service.ts', null],
]

describe('the import rule', () => {
  test('is kept by every file', async () => {
    expect(await violationsIn(root)).toEqual([])
  })

  test('notices whoever breaks it, and nobody else', async () => {
    const place = await mkdtemp(join(tmpdir(), 'imports-'))
    try {
      await cp(join(root, 'tsconfig.json'), join(place, 'tsconfig.json'))
      for (const [from, to] of imports) {
        const path = relative(dirname(from), to).replace(/\.ts$/, '.js')
        await written(join(place, to), 'export const it = 1\n')
        await written(join(place, from), `import { it } from './${path}'\nexport const use = it\n`)
      }
      const expected = imports.flatMap(([from, , rule]) => (rule ? [{ from, rule }] : []))
      expect(await violationsIn(place)).toEqual(expect.arrayContaining(expected))
      expect(await violationsIn(place)).toHaveLength(expected.length)
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  })
})

async function written(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

function violationsIn(folder: string): Promise<Array<{ from: string; rule: string }>> {
  const args = [cruiser, 'src', '--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      // It exits with the number of violations; without a report it has failed.
      if (!stdout.startsWith('{')) return reject(error ?? new Error(stderr))
      const { summary } = JSON.parse(stdout) as {
        summary: { violations: Array<{ from: string; rule: { name: string } }> }
      }
      resolve(summary.violations.map(({ from, rule }) => ({ from, rule: rule.name })))
    })
  })
}
