// The doorway of every npm script: `node src/launch.mjs [node options] ENTRY [arguments]`.
// It installs what is missing, finds a Node.js that is new enough, and runs the entry with it.
// It runs before anything is installed, on whatever Node.js the machine has (18 and newer): plain
// JavaScript without dependencies.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const neededNode = 24
const root = fileURLToPath(new URL('..', import.meta.url))

/** Handed on to whatever runs now, each once: a terminal's Ctrl-C comes twice, from the terminal and from npm. */
const signals = new Set()
let running = null
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signals.has(signal)) return
    signals.add(signal)
    running?.kill(signal)
  })
}
// Under npm our parent only ends before us when it was killed.
if (process.env.npm_lifecycle_event) await import('./end-with-parent.mjs')

const bundledNode = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
const newEnough = Number.parseInt(process.versions.node, 10) >= neededNode
const bundledExists = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
if (!newEnough && !bundledExists) refuse(noNode())

await install()
const node = newEnough ? process.execPath : bundledNode
if (!existsSync(node)) refuse(noNode())
process.exit(await runEntry(process.argv.slice(2)))

/** @returns the exit code */
async function runEntry(argv) {
  const first = argv.findIndex((argument) => !argument.startsWith('-'))
  if (first < 0) refuse('Usage: node src/launch.mjs [node options] ENTRY [arguments]')
  const entry = argv[first]
  const options = [...argv.slice(0, first), '--import', new URL('end-with-parent.mjs', import.meta.url).href]
  if (entry.endsWith('.ts')) {
    options.push('--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href)
  }
  // What the entry starts by the name `node` is to be the same one.
  const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter)
  // What was compiled in one start need not be in the next.
  const compiled = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled')
  const { code, signal } = await run(node, [...options, ...argv.slice(first)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path, NODE_COMPILE_CACHE: compiled },
  })
  return signal === null ? code : 128 + constants.signals[signal]
}

async function install() {
  if (isInstalled()) return
  const release = await claimInstallation()
  try {
    if (isInstalled()) return
    const done = showProgress('Installing the packages (about a minute, only when they changed)')
    // Run by npm, we know which npm; its warnings (of engines, above all) would drown what matters.
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
    const [command, ...args] = [...npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error']
    let output = ''
    const { code, signal } = await run(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] }, (text) => {
      output += text
    })
    if (signals.size > 0) process.exit(130)
    if (code !== 0) {
      done('Installing the packages failed')
      refuse(`${output.trim()}\n\n\`npm ci\` ended with ${signal ?? `exit code ${code}`}: see above.`)
    }
    done('Installed the packages')
  } finally {
    release()
  }
}

/** npm writes down what it has installed; a package of the lock may be absent where it is optional. */
function isInstalled() {
  const installedLock = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedLock)) return false
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const withoutDev = process.env.NODE_ENV === 'production'
  return Object.entries(locked).every(([path, entry]) => {
    const found = installed[path]
    if (found) return found.version === entry.version && found.integrity === entry.integrity
    return path === '' || entry.optional || (withoutDev && (entry.dev || entry.devOptional))
  })
}

/** Several may be started at once from one folder: one installs, the others wait for it. */
async function claimInstallation() {
  const claim = join(tmpdir(), `install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.pid`)
  for (let told = false; ; ) {
    try {
      writeFileSync(claim, String(process.pid), { flag: 'wx' })
      const release = () => rmSync(claim, { force: true })
      process.on('exit', release)
      return release
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isAlive(claim)) {
      if (!told) console.error('Waiting for another start, which is installing the packages.')
      told = true
      await sleep(500)
      if (signals.size > 0) process.exit(130)
    } else {
      rmSync(claim, { force: true })
    }
  }
}

function isAlive(claim) {
  try {
    process.kill(Number(readFileSync(claim, 'utf8')), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** A person sees the seconds pass, a log gets a line at the beginning and one at the end. */
function showProgress(step) {
  const started = Date.now()
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`
  if (!process.stderr.isTTY) {
    console.error(`${step} …`)
    return (outcome) => console.error(`${outcome} (${elapsed()}).`)
  }
  const draw = () => process.stderr.write(`\r\x1b[K${step} … ${elapsed()}`)
  draw()
  const ticking = setInterval(draw, 1_000)
  return (outcome) => {
    clearInterval(ticking)
    process.stderr.write(`\r\x1b[K${outcome} (${elapsed()}).\n`)
  }
}

function run(command, args, options, onOutput) {
  return new Promise((resolve) => {
    running = spawn(command, args, options)
    running.stdout?.setEncoding('utf8').on('data', onOutput)
    running.stderr?.setEncoding('utf8').on('data', onOutput)
    running.on('error', (error) => refuse(`${command} could not be run: ${error.message}`))
    running.on('close', (code, signal) => resolve({ code, signal }))
    // One that came before there was anything to hand it to.
    for (const signal of signals) running.kill(signal)
  })
}

function noNode() {
  return (
    `Node.js ${neededNode} or newer is needed, this is ${process.version}, and none is brought along for ` +
    `${process.platform} on ${process.arch}: install it from https://nodejs.org.`
  )
}

function refuse(message) {
  console.error(message)
  process.exit(1)
}
