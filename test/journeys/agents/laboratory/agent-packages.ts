/** Real agents from npm, each in a folder of its own outside the project, kept between runs. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { scaledMs } from '../../../support/machine-speed.ts'

/** An ordinary user must be able to reach it, so it is not in root's home. */
const CACHE = '/var/cache/surety-agents'
/** npm unpacks hundreds of megabytes: more at once only waits for the disk. */
const AT_ONCE = 3
/** All of them; what is not there then is left out. On a bare machine of two cores they take four minutes. */
const INSTALL_WITHIN_MS = scaledMs(480_000)

export interface AgentPackage {
  readonly packageName: string
  readonly version: string
  /** Installed as `npm install --global` does, into a prefix that no list of folders has. */
  readonly isGlobal?: true
}

/** Where the `node_modules` of a package is, or of a global one the folder of its commands; or why there is none. */
export type Installed = { readonly nodeModules: string } | { readonly commands: string } | { readonly absent: string }

/** Installs what is not in the cache; what the registry lacks is told, not thrown. */
export async function installAgents(packages: readonly AgentPackage[]): Promise<ReadonlyMap<string, Installed>> {
  mkdirSync(CACHE, { recursive: true, mode: 0o755 })
  const { uid } = statSync(CACHE)
  if (uid !== process.getuid?.()) throw new Error(`${CACHE} belongs to uid ${uid}: programs in it are not run`)
  const found = new Map<string, Installed>()
  const patience = AbortSignal.timeout(INSTALL_WITHIN_MS)
  const queue = [...packages]
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      found.set(next.packageName, await install(next, patience))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return found
}

async function install({ packageName, version, isGlobal }: AgentPackage, patience: AbortSignal): Promise<Installed> {
  const folder = join(CACHE, `${packageName.replace('/', '+')}@${version}${isGlobal === true ? '-global' : ''}`)
  const installed =
    isGlobal === true ? { commands: join(folder, 'bin') } : { nodeModules: join(folder, 'node_modules') }
  if (existsSync(folder)) return installed
  // Whole or not at all: another run may look for it meanwhile, and this one may be ended.
  const unfinished = mkdtempSync(join(CACHE, `.${basename(folder)}-`))
  try {
    if (isGlobal !== true) {
      const manifest = { private: true, dependencies: { [packageName]: version } }
      writeFileSync(join(unfinished, 'package.json'), JSON.stringify(manifest))
    }
    const named = isGlobal === true ? ['--global', `${packageName}@${version}`] : []
    const failure = await runNpm(unfinished, named, patience)
    if (failure !== undefined) return { absent: `npm install ${packageName}@${version}: ${failure}` }
    await makeReadable(unfinished)
    try {
      renameSync(unfinished, folder)
    } catch (error) {
      if (!existsSync(folder)) throw error
    }
    return installed
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/** @returns undefined when it worked, else the end of what npm said. */
async function runNpm(folder: string, named: readonly string[], patience: AbortSignal): Promise<string | undefined> {
  const args = [
    'install',
    ...named,
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
    '--prefix',
    folder,
  ]
  // Some fetch their program so. `npm test` hands down what our own .npmrc forbids.
  args.push('--ignore-scripts=false')
  // The machine's npm, run as the packages' own scripts are by the runtime that the agents get: some refuse an older one.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  // In a group of its own: what a package's script leaves behind holds the output open, and would be waited for.
  const npm = spawn('npm', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const endAll = () => endGroup(npm.pid)
  patience.addEventListener('abort', endAll, { once: true })
  npm.once('exit', endAll)
  if (patience.aborted) endAll()
  let said = ''
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000)
    })
  }
  npm.on('error', (error) => {
    said = error.message
  })
  const [code] = await once(npm, 'close')
  patience.removeEventListener('abort', endAll)
  if (code === 0) return undefined
  const why = patience.aborted ? [`not within ${INSTALL_WITHIN_MS / 1000} s`] : []
  return [...why, ...said.trim().split('\n').slice(0, 3)].join('; ')
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // nobody is left in it
  }
}

async function makeReadable(folder: string): Promise<void> {
  const chmod = spawn('chmod', ['-R', 'a+rX', folder], { stdio: 'ignore' })
  await once(chmod, 'close')
}
