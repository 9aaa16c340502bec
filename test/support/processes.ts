import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './backend.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
/** A start on a machine that has other things to do. */
const patienceInMs = 50_000

/** A folder and ports of its own, and the processes that are started there. */
export class Place {
  readonly #programs: Program[] = []

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    readonly sandboxPort: number,
  ) {}

  static async open(): Promise<Place> {
    return new Place(await mkdtemp(join(tmpdir(), 'place-')), await freePort(), await freePort())
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get sandboxUrl(): string {
    return `http://127.0.0.1:${this.sandboxPort}`
  }

  get mailFolder(): string {
    return join(this.dataDir, 'mail')
  }

  /** As every npm script is run. */
  run(entry: string, env: Record<string, string> = {}): Program {
    return this.#start(process.execPath, ['src/launch.mjs', entry], env)
  }

  npm(script: string): Program {
    return this.#start('npm', ['run', script], {})
  }

  /** The ids of all processes that were started here, whoever has started them: each has the folder in its environment. */
  async processes(): Promise<number[]> {
    const { stdout } = await run('ps', ['axeww', '-o', 'pid=,command='], { maxBuffer: 100_000_000 })
    const here = stdout.split('\n').filter((line) => line.includes(`DATA_DIR=${this.dataDir}`))
    return here.map((line) => Number.parseInt(line, 10)).filter((pid) => pid !== process.pid)
  }

  /** All at once, as when the machine loses its power. */
  async killAll(): Promise<void> {
    for (const pid of await this.processes()) process.kill(pid, 'SIGKILL')
    await Promise.all(this.#programs.map((program) => program.ended))
  }

  async clear(): Promise<void> {
    await this.killAll()
    await rm(this.dataDir, { recursive: true, force: true })
  }

  #start(command: string, args: string[], env: Record<string, string>): Program {
    const { PATH, HOME, TMPDIR } = process.env
    const own = { DATA_DIR: this.dataDir, PORT: String(this.port), SANDBOX_PORT: String(this.sandboxPort) }
    const child = spawn(command, args, {
      cwd: root,
      env: { ...(TMPDIR ? { TMPDIR } : {}), PATH, HOME, ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const program = new Program(child)
    this.#programs.push(program)
    return program
  }
}

/** A running program, and what it prints. */
export class Program {
  readonly ended: Promise<number | null>
  /** Both streams, as a person sees them. */
  output = ''
  errors = ''
  #over = false
  readonly #waiting = new Set<() => void>()

  constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text
      this.#take(text)
    })
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#over = true
        this.#wake()
        resolve(code)
      })
    })
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** When it has printed that. */
  async says(text: string): Promise<void> {
    const deadline = Date.now() + patienceInMs
    while (!this.output.includes(text)) {
      const left = deadline - Date.now()
      if (this.#over || left <= 0) throw new Error(`It did not say «${text}», but:\n${this.output}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  #take(text: string): void {
    this.output += text
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
