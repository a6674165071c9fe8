import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FixtureHome } from '../../support/homes/fixture-home.ts'
import { SECRET, TOLD, TOLD_MODEL } from './secret-canaries.ts'

/** A process that lies where an agent lies, with secrets wherever a process can have some. */
export function startAgent(folder: string, home: FixtureHome): { readonly pid: number } & Disposable {
  const path = join(folder, TOLD, 'node_modules/@anthropic-ai/claude-code/bin/claude.exe')
  mkdirSync(dirname(path), { recursive: true })
  // A shell, for it takes any arguments; it waits for a line that never comes.
  copyFileSync('/bin/sh', path)
  const secrets = ['--api-key', SECRET.argument, `--append-system-prompt=${SECRET.flagValue}`, '-p', SECRET.prompt]
  const args = ['-c', 'read line', 'claude', '--dangerously-skip-permissions', ...secrets]
  const names = { [`AGENT_sk-${SECRET.name}`]: '1', [`sk-${SECRET.name}_SESSION_ID`]: '1' }
  const env = { ANTHROPIC_API_KEY: SECRET.environment, CLAUDECODE: SECRET.marker, ...names }
  const child = spawn(path, args, { stdio: ['pipe', 'ignore', 'ignore'], env })
  // Another writes over its own name and arguments, as agents do, and has its secrets there.
  const titled = `process.title = ${JSON.stringify(`claude --api-key ${SECRET.title}`)}; setInterval(() => {}, 1000)`
  const server = spawn(process.execPath, ['-e', titled, 'mcp-server-github', '--token', SECRET.argument], {
    env,
    stdio: 'ignore',
  })
  // A browser of root's own: of its command line the folder of its profiles leaves, where that is in the home.
  const browser = home.at('own/browser')
  mkdirSync(dirname(browser), { recursive: true })
  copyFileSync('/bin/sh', browser)
  const browse = (place: string) =>
    spawn(browser, ['-c', 'read line', 'x', `--user-data-dir=${place}`, ...secrets], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
  const browsers = [browse(home.at('named by a process')), browse(`/srv/${SECRET.argument}`)]
  const runtime = join(folder, TOLD, 'node_modules/.bin/llama-server')
  mkdirSync(dirname(runtime), { recursive: true })
  copyFileSync('/bin/sh', runtime)
  const model = [
    '-m',
    `/srv/${SECRET.argument}/${TOLD_MODEL}.gguf`,
    '-hf',
    `sk-${SECRET.argument}`,
    '--api-key',
    SECRET.argument,
  ]
  const serving = spawn(runtime, ['-c', 'read line', 'x', ...model], { stdio: ['pipe', 'ignore', 'ignore'], env })
  return {
    pid: child.pid ?? 0,
    [Symbol.dispose]() {
      for (const each of [child, server, serving, ...browsers]) each.kill('SIGKILL')
    },
  }
}
