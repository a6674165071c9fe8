import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../../support/wait-for.ts'
import { onWindows, type Windows } from '../../support/windows/windows.ts'

/**
 * The daemon and `surety` from their sources stop an agent that the catalogue knows, without a directory. Wine stands in for Windows:
 * it announces no processes, so they are listed, and it has one user.
 */

const SOURCES = join(import.meta.dirname, '../../../src')
const DAEMON = join(SOURCES, 'main-daemon.ts')
const SURETY = join(SOURCES, 'main-cli.ts')
const STATE = 'C:\\ProgramData\\Surety\\state'
const PIPE = '\\\\.\\pipe\\surety-test-stops'
const PACKAGE = 'users/root/AppData/Roaming/npm/node_modules/@anthropic-ai/claude-code'
const COUNT = `
  const { openSync, writeSync } = require('node:fs')
  const fd = openSync('C:\\\\agent.count', 'a')
  setInterval(() => writeSync(fd, 'x'), 5)`

interface Told {
  readonly stops?: { readonly standing: readonly object[]; readonly held: readonly object[] }
}

onWindows('an agent is stopped by its user, over a restart of the daemon, and released', async (windows) => {
  const package_ = join(windows.driveC, PACKAGE)
  mkdirSync(package_, { recursive: true })
  writeFileSync(
    join(package_, 'package.json'),
    '{"name":"@anthropic-ai/claude-code","version":"2.0.0","bin":{"claude":"cli.js"}}',
  )
  writeFileSync(join(package_, 'cli.js'), COUNT)
  const counted = join(windows.driveC, 'agent.count')
  const size = () => (existsSync(counted) ? statSync(counted).size : 0)
  const writes = async () => {
    const before = size()
    await new Promise((resolve) => setTimeout(resolve, 400))
    return size() > before
  }
  const surety = async (...args: readonly string[]) => await windows.run(SURETY, [...args, '--socket', PIPE])
  const status = async (): Promise<Told> => {
    const { stdout } = await surety('status', '--json')
    return stdout === '' ? {} : JSON.parse(stdout)
  }
  let daemon = startDaemon(windows)
  const show = () => `${daemon.output().stdout}\n${daemon.output().stderr}`.slice(-6_000)
  try {
    using _agent = windows.start(join(package_, 'cli.js'))
    await waitFor('the agent', size, { until: (bytes) => bytes > 0 })
    await waitFor('the daemon', () => surety('agents', '--json'), {
      until: ({ stdout }) => stdout.includes('claude-code'),
      everyMs: 500,
      show,
    })
    const frozen = await surety('freeze', '--all', '--reason', 'a test', '--json')
    expect(frozen).toMatchObject({ status: 0 })
    const { receipt } = JSON.parse(frozen.stdout)
    expect(receipt).toMatchObject({
      method: 'suspend',
      network: 'open',
      missed: [],
      weaknesses: ['suspend', 'network-open', 'exec-not-held'],
      agents: [
        { product: 'claude-code', user: 'root', processes: [{ executable: 'C:/Program Files/nodejs/node.exe' }] },
      ],
    })
    expect(Math.abs(receipt.confirmedAt - receipt.agents[0].processes[0].startedAt)).toBeLessThan(600_000)
    expect(await writes()).toBe(false)
    expect((await status()).stops).toMatchObject({
      standing: [{ releasable: true }],
      held: [{ product: 'claude-code' }],
    })
    daemon[Symbol.dispose]()
    expect(await writes()).toBe(false)
    daemon = startDaemon(windows)
    await waitFor('the daemon', status, { until: ({ stops }) => stops?.held.length === 1, everyMs: 500, show })
    const released = await surety('release', '--json')
    expect(released).toMatchObject({ status: 0 })
    await waitFor('the agent to go on', writes, { until: (isWriting) => isWriting })
  } finally {
    daemon[Symbol.dispose]()
  }
})

function startDaemon(windows: Windows) {
  return windows.start(DAEMON, [
    ...['run', '--state-folder', STATE, '--socket', PIPE, '--keys', 'software', '--log-level', 'debug'],
    ...['--ready-json'],
  ])
}
