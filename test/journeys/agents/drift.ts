/**
 * Runs the journey of real agents with the newest version of each that npm has, and says which facts no longer hold: for
 * maintainers of the catalogue, as root and with a network: `npm run drift`. Nothing of the project is changed; the versions
 * that hold go into `real-agents.ts` by hand.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { PINNED_VERSIONS } from './real-agents.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

const say = (line: string) => void process.stdout.write(`${line}\n`)

/** Undefined when the registry does not tell. */
async function newestOf(packageName: string): Promise<string | undefined> {
  const npm = spawn('npm', ['view', packageName, 'version'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await Promise.race([once(createInterface({ input: npm.stdout }), 'line'), once(npm, 'close')])
  return typeof line === 'string' && /^\d+\.\d+\.\d+/.test(line) ? line.trim() : undefined
}

const versions: Record<string, string> = {}
for (const [packageName, pinned] of PINNED_VERSIONS) {
  const newest = await newestOf(packageName)
  versions[packageName] = newest ?? pinned
  say(`${packageName}  ${pinned} -> ${newest ?? 'not told: as it was'}`)
}

const test = spawn(process.execPath, [join(ROOT, 'scripts/test.ts'), 'test/journeys/agents'], {
  cwd: ROOT,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: { ...process.env, SURETY_AGENT_VERSIONS: JSON.stringify(versions) },
})
const broken: string[] = []
let agent = ''
const take = (line: string) => {
  say(line)
  // Jest names the agent above its facts, or within one.
  if (/^ {2}\S/.test(line) && !/[✓✕○●]/.test(line)) agent = line.trim()
  const fact = /^\s*✕ (.*?)(?: \(\d+ m?s\))?$/.exec(line)?.[1]
  if (fact !== undefined) broken.push(line.startsWith('    ') ? `${agent}: ${fact}` : fact)
}
for (const stream of [test.stdout, test.stderr]) createInterface({ input: stream }).on('line', take)
const [code] = await once(test, 'close')

say(broken.length === 0 ? '\nEvery fact holds.' : '\nNo longer true:')
for (const fact of broken) say(`  ${fact}`)
if (code !== 0) process.exitCode = 1
