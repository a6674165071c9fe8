/** `npm run check`: format and lint, types and project references, dead code. Prints what to do about a failure. */
import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** So that tools with `env node` find the pinned Node. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` }

const STEPS = [
  {
    name: 'format and lint',
    command: 'biome',
    args: ['check', '--error-on-warnings'],
    remedy: 'npx biome check --write',
  },
  {
    name: 'types',
    command: 'tsc',
    args: ['-b'],
    remedy: 'fix the types; project references are in src/*/tsconfig.json',
  },
  { name: 'dead code', command: 'knip', args: [], remedy: 'delete what nothing uses' },
] as const

for (const { name, command, args, remedy } of STEPS) {
  const { status } = spawnSync(join(root, 'node_modules/.bin', command), args, { cwd: root, stdio: 'inherit', env })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}${status === 0 ? '' : `: ${remedy}`}`)
  if (status !== 0) process.exitCode = 1
}
