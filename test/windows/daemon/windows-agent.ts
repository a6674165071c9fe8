import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type AgentPackage, installAgents } from '../../journeys/agents/laboratory/agent-packages.ts'
import { PINNED_VERSIONS } from '../../journeys/agents/real-agents.ts'
import type { Windows, WindowsProgram } from '../../support/windows/windows.ts'

/** A real agent from npm on Node for Windows, as `npm install --global` leaves it there, with a model of ours. */

const MODEL = resolve(import.meta.dirname, '../../journeys/agents/model/fake-model.ts')
const NAME = '@qwen-code/qwen-code'
/** What its model makes it run, for longer than a test takes. */
const TOOL = 'ping -n 3600 127.0.0.1'
const GLOBAL = 'AppData/Roaming/npm'

export interface FetchedAgent {
  readonly version: string
  /** Of the package, on Linux. */
  readonly folder: string
}

export interface WindowsAgent extends Disposable {
  readonly program: WindowsProgram
}

/** What npm installed, or what it said instead. */
export async function fetchWindowsAgent(): Promise<FetchedAgent | { readonly absent: string }> {
  const agent: AgentPackage = { packageName: NAME, version: PINNED_VERSIONS.get(NAME) ?? '' }
  const installed = (await installAgents([agent])).get(NAME)
  if (installed === undefined || !('nodeModules' in installed)) return { absent: JSON.stringify(installed) }
  return { version: agent.version, folder: join(installed.nodeModules, NAME) }
}

export function installWindowsAgent(windows: Windows, { folder }: FetchedAgent): void {
  const modules = join(homeOf(windows), GLOBAL, 'node_modules', dirname(NAME))
  mkdirSync(modules, { recursive: true })
  // Nothing in it is written to.
  execFileSync('/usr/bin/cp', ['-al', folder, modules])
  const line = `@node "%~dp0\\node_modules\\${NAME.replace('/', '\\')}\\cli-entry.js" %*`
  writeFileSync(join(homeOf(windows), GLOBAL, 'qwen.cmd'), `${line}\r\n`)
}

/** It runs a command until it is disposed. */
export async function startWindowsAgent(windows: Windows): Promise<WindowsAgent> {
  const model = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MODEL, TOOL, 'qwen'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [port] = await once(model.stdout, 'data')
  const env = {
    OPENAI_API_KEY: 'fake',
    OPENAI_MODEL: 'fake',
    OPENAI_BASE_URL: `http://127.0.0.1:${String(port).trim()}/qwen/v1`,
  }
  const script = `C:\\users\\root\\AppData\\Roaming\\npm\\node_modules\\${NAME.replace('/', '\\')}\\cli.js`
  const args = [script, '--yolo', '--auth-type', 'openai', '-p', 'run it']
  const program = windows.startProgram('C:\\Program Files\\nodejs\\node.exe', args, { env })
  return {
    program,
    [Symbol.dispose]() {
      program.kill()
      model.kill('SIGKILL')
    },
  }
}

function homeOf({ driveC }: Windows): string {
  const home = join(driveC, 'users/root')
  if (!existsSync(home)) throw new Error('Wine names the user of its home otherwise')
  return home
}
