/**
 * Starts a stand-in for an agent of npm on Windows, with a tool and an MCP server, and prints what Windows tells of them. The stand-in
 * lies where npm puts Claude Code and starts its children as that does; it asks no model.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../../src/base/clock.ts'
import { toPortablePath } from '../../../../src/system/files/windows-path.ts'
import { windowsPlatform } from '../../../../src/system/platform/windows.ts'

const addon = createRequire(import.meta.url)(
  join(import.meta.dirname, '../../../../native/build/surety-native-win32-x64.node'),
)
const platform = windowsPlatform({ clock: systemClock }, { addon })
const modules = join(homedir(), 'AppData/Roaming/npm/node_modules')
const WAIT = 'setInterval(() => {}, 1000)'

function install(path: string, text: string): string {
  const file = join(modules, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}

const SESSION = new Set(['CLAUDE_CODE_SESSION_ID'])

/**
 * Waits until all four run: the agent, its server, the shell of its tool and the tool. On a busy machine Windows lists a process before
 * its arguments and variables can be read.
 *
 * @param timeoutMs from the command line, since Windows is not told how slow the machine is.
 */
async function tree(root: number, timeoutMs = Number(process.argv[2] ?? 60_000)) {
  const untilMs = performance.now() + timeoutMs
  for (;;) {
    const all = await platform.processes.scan({})
    const found = all.filter(({ pid }) => pid === root)
    for (const process of found) found.push(...all.filter(({ parentPid }) => parentPid === process.pid))
    const isRead = found.every(
      ({ pid, argv }) =>
        argv.length > 1 && platform.processes.surroundings(pid, SESSION)?.environmentNames !== undefined,
    )
    if (isRead && found.filter(({ comm }) => comm === 'node.exe').length === 3) return found
    if (performance.now() > untilMs) throw new Error(`only these run: ${JSON.stringify(found)}`)
    await delay(100)
  }
}

async function look() {
  const server = install('@modelcontextprotocol/server-filesystem/dist/index.js', WAIT)
  const tool = install('tool.js', WAIT)
  const agent = install(
    '@anthropic-ai/claude-code/cli.js',
    `const { spawn } = require('node:child_process')
spawn(process.execPath, [${JSON.stringify(server)}, 'C:\\\\work'], { stdio: 'pipe' })
spawn('cmd.exe', ['/d', '/s', '/c', '""' + process.execPath + '" "' + ${JSON.stringify(tool)} + '""'], {
  stdio: 'pipe', windowsVerbatimArguments: true, env: { ...process.env, CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: '0199' } })
${WAIT}`,
  )
  const child = spawn(process.execPath, [agent, '--dangerously-skip-permissions', '-p', 'a prompt'], {
    cwd: 'C:\\windows',
  })
  try {
    const processes = await tree(child.pid ?? 0)
    const rows = processes.map((process) => {
      const told = platform.processes.surroundings(process.pid, SESSION)
      const { environmentNames, sessionMarkers = {}, workingFolder } = told ?? {}
      const stdio = platform.processDetails?.streams(process)
      return { ...process, environmentNames, sessionMarkers, workingFolder, stdio }
    })
    return { home: toPortablePath(homedir()), root: child.pid, processes: rows }
  } finally {
    for (const { pid } of (await platform.processes.scan({})).filter(({ parentPid }) => parentPid === child.pid)) {
      process.kill(pid)
    }
    child.kill()
  }
}

look().then(
  (found) => {
    process.stdout.write(JSON.stringify(found, undefined, 1))
    process.exit(0)
  },
  (error: unknown) => {
    process.stderr.write(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exit(1)
  },
)
