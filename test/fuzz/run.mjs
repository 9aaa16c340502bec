// `npm run fuzz -- --inputs 5000000 --seed 7`: the fuzzing that `npm test` does a little of, as long as one likes.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '5000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
const root = fileURLToPath(new URL('../..', import.meta.url))
const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/jest.config.mjs', '--verbose', 'test/fuzz/']
const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
const { status } = spawnSync(process.execPath, [...options, ...jest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_INPUTS: values.inputs, FUZZ_SEED: values.seed },
})
process.exitCode = status ?? 1
