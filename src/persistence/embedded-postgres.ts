import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  access,
  constants,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { CannotStart } from '../kernel/cannot-start.js'
import { findPostgresPrograms, type PostgresPrograms } from './postgres-programs.js'

const run = promisify(execFile)

const startAttempts = 3
const readyInMs = 60_000
const fastShutdownInMs = 10_000
const logKeptBytes = 10_000_000
const usualDatabase = 'marketplace'

export interface EmbeddedPostgresOptions {
  /** The cluster, its password and its log live in the folder `postgres` of this one. */
  dataDir: string
  /** False where losing all in a crash of the machine does no harm, as in tests: it is faster. */
  durable?: boolean
  databaseName?: string
}

export interface EmbeddedPostgres {
  url: string
  /** Shuts it down and waits for the end; may be called again. */
  stop(): Promise<void>
}

interface Cluster {
  readonly data: string
  readonly log: string
  readonly password: string
}

/**
 * Starts a PostgreSQL server of our own on the loopback interface; makes its cluster when there is none yet.
 * A cluster belongs to one process at a time. PostgreSQL's own lock file keeps it so; who started the
 * server that holds it stands in the server's command line (`cluster_name`), so that one whose starter was
 * killed can be told from one in use.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { durable = true, databaseName = usualDatabase } = options
  const dataDir = await openFolder(options.dataDir)
  const programs = await findPostgresPrograms(dataDir)
  const cluster = await openCluster(dataDir, programs, durable)

  for (let attempt = 1; ; attempt++) {
    await endAbandonedServer(cluster)
    const port = await freePort()
    const server = await startServer(cluster, programs, port, durable)
    const url = (name: string) => addressOf(cluster.password, port, name)
    try {
      await whenReady(server, url('postgres'), databaseName)
      return { url: url(databaseName), stop: () => server.stop() }
    } catch (cause) {
      await server.stop()
      // The port may have been taken meanwhile, or the cluster by another process; the next round tells.
      if (server.exitedByItself && attempt < startAttempts) continue
      throw new CannotStart(
        `The embedded PostgreSQL did not start. Its log, ${cluster.log}, ends with:\n${await server.lastWords()}`,
        { cause },
      )
    }
  }
}

/**
 * The address of the server that another process of ours has started on the same data; null where none runs. For a
 * command that is given while the backend runs.
 */
export async function findEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<string | null> {
  const home = join(await realpath(options.dataDir).catch(() => options.dataDir), 'postgres')
  const data = join(home, 'data')
  // PostgreSQL's lock file: process id, data directory, start time, port, …
  const [pid, , , port] = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  if (!pid || !port || !(await commandLine(Number(pid))).includes(data)) return null
  const password = (await readFile(join(home, 'password'), 'utf8')).trim()
  return addressOf(password, Number(port), options.databaseName ?? usualDatabase)
}

async function openFolder(dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true })
    await access(dataDir, constants.W_OK)
    return await realpath(dataDir)
  } catch (cause) {
    throw new CannotStart(`DATA_DIR, ${dataDir}, cannot be used: ${(cause as Error).message}.`, { cause })
  }
}

/** Made beside its place and then moved there, so that one half made is never taken for a cluster. */
async function openCluster(dataDir: string, programs: PostgresPrograms, durable: boolean): Promise<Cluster> {
  const home = join(dataDir, 'postgres')
  const data = join(home, 'data')
  if (!(await stat(join(data, 'PG_VERSION')).catch(() => null))) {
    await removeUnfinished(dataDir)
    const unfinished = join(dataDir, `postgres.${process.pid}`)
    await mkdir(unfinished, { mode: 0o700 })
    try {
      await initialize(unfinished, programs, durable)
      await rename(unfinished, home).catch(async (cause: unknown) => {
        // Another start was faster.
        if (await stat(join(data, 'PG_VERSION')).catch(() => null)) return
        throw new CannotStart(`${home} is there but holds no PostgreSQL cluster: move it away, then start again.`, {
          cause,
        })
      })
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  }
  await programs.own(home)
  const password = (await readFile(join(home, 'password'), 'utf8')).trim()
  return { data, password, log: join(home, 'log') }
}

async function initialize(folder: string, programs: PostgresPrograms, durable: boolean): Promise<void> {
  await writeFile(join(folder, 'password'), `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 })
  await programs.own(folder)
  const [program, args] = programs.command('initdb', [
    `--pgdata=${join(folder, 'data')}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${join(folder, 'password')}`,
    '--encoding=UTF8',
    // Sorts by code point on every machine alike, yet knows the upper and lower case of all of Unicode.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--set=timezone=UTC',
    '--set=log_timezone=UTC',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ])
  await run(program, args, programs.user).catch((cause: Error & { stderr?: string }) => {
    throw new CannotStart(`Making the PostgreSQL cluster failed: ${cause.stderr || cause.message}`, { cause })
  })
}

async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = /^postgres\.(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dataDir, name), { recursive: true, force: true })
  }
}

/** Ends a server whose starter is gone; refuses where the starter lives. */
async function endAbandonedServer({ data }: Cluster): Promise<void> {
  const lock = join(data, 'postmaster.pid')
  for (const began = Date.now(); ; await sleep(20)) {
    const content = await readFile(lock, 'utf8').catch(() => '')
    const pid = Number.parseInt(content, 10)
    if (!(pid > 0)) return
    const command = await commandLine(pid)
    if (!command.includes(data)) {
      // Left over from a crash of the machine: the number belongs to nobody, or to another program by now.
      await rm(lock, { force: true })
      return
    }
    const starter = Number(/cluster_name=started-by-(\d+)/.exec(command)?.[1])
    if (!starter || isAlive(starter)) {
      throw new CannotStart(
        `${data} is in use by another process (${starter || pid}): stop that one, ` +
          'or give this one a folder of its own with DATA_DIR.',
      )
    }
    signal(pid, Date.now() - began < fastShutdownInMs ? 'SIGINT' : 'SIGQUIT')
  }
}

/** Empty when there is no such process. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return words.replaceAll('\0', ' ')
  }
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout
}

function isAlive(pid: number): boolean {
  return signal(pid, 0)
}

/** @returns whether there is such a process */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function addressOf(password: string, port: number, databaseName: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${databaseName}`
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** The server process. */
class Server {
  exitedByItself = false
  #stopped: Promise<void> | null = null
  readonly #ended: Promise<void>

  constructor(
    private readonly child: ChildProcess,
    private readonly log: string,
    private readonly logStart: number,
  ) {
    this.#ended = new Promise((resolve) => {
      child.once('error', () => resolve())
      child.once('exit', () => resolve())
    })
    void this.#ended.then(() => {
      this.exitedByItself = this.#stopped === null
    })
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown()
    return this.#stopped
  }

  async #shutDown(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) return
    this.child.ref()
    this.child.kill('SIGINT')
    // Whoever still writes a huge checkpoint then is cut short; the next start recovers from the log.
    const impatience = setTimeout(() => this.child.kill('SIGQUIT'), fastShutdownInMs)
    await this.#ended
    clearTimeout(impatience)
  }

  /** What it logged in this run, its last lines. */
  async lastWords(): Promise<string> {
    const written = (await readFile(this.log)).subarray(this.logStart).toString('utf8')
    return written.trim().split('\n').slice(-8).join('\n')
  }
}

async function startServer(
  cluster: Cluster,
  programs: PostgresPrograms,
  port: number,
  durable: boolean,
): Promise<Server> {
  const size = await stat(cluster.log).then(
    (found) => found.size,
    () => 0,
  )
  const log = await open(cluster.log, size > logKeptBytes ? 'w' : 'a', 0o600)
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
    max_connections: 200,
    cluster_name: `started-by-${process.pid}`,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const [program, args] = programs.command('postgres', [
    '-D',
    cluster.data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  try {
    const child = spawn(program, args, {
      ...programs.user,
      stdio: ['ignore', log.fd, log.fd],
      // Out of the terminal's process group: a Ctrl-C is ours to answer, the database goes last.
      detached: true,
    })
    child.unref()
    return new Server(child, cluster.log, size > logKeptBytes ? 0 : size)
  } finally {
    await log.close()
  }
}

/** Ready is what can be connected to; the wanted database is made on the way. */
async function whenReady(server: Server, url: string, databaseName: string): Promise<void> {
  for (const began = Date.now(); ; await sleep(15)) {
    if (server.exitedByItself) throw new Error('The server ended.')
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    try {
      await client.connect()
    } catch (error) {
      // While it starts or recovers it refuses with 57P03; a refusal for any other reason is for good.
      const final = error instanceof pg.DatabaseError && error.code !== '57P03'
      if (final || Date.now() - began > readyInMs) throw error
      continue
    }
    try {
      const found = await client.query('select from pg_database where datname = $1', [databaseName])
      if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(databaseName)}`)
      return
    } finally {
      await client.end()
    }
  }
}
