import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery, type Discovered } from '../../../src/discovery/discovery.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import { openFiles, trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { loadNativeAddon, type NativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcessDetails } from '../../../src/system/processes/linux/process-details.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { linuxProgramResolver } from '../../../src/system/processes/linux/program-resolver.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { localUser } from '../../support/users/local-user.ts'

const signal = new AbortController().signal
const CANARY = 'sk-canary-0815'
const WAIT = 'process.stdout.write("up"); setInterval(() => {}, 1000)'

const addon = addonIfBuilt()
const whenBuilt = addon === undefined ? test.skip : test

function addonIfBuilt(): NativeAddon | undefined {
  try {
    return loadNativeAddon()
  } catch {
    return undefined
  }
}

/** A process that has said it is up; killed when disposed. */
async function start(path: string, args: readonly string[], options: { detached?: boolean; argv0?: string } = {}) {
  const child: ChildProcess = spawn(path, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, SECRET_TOKEN: CANARY, CLAUDECODE: CANARY },
    ...options,
  })
  if (child.stdout === null) throw new TypeError('its output is piped')
  await once(child.stdout, 'data')
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

function copyOfNode(home: FixtureHome, relativePath: string): string {
  const path = home.at(relativePath)
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(process.execPath, path)
  chmodSync(path, 0o755)
  return path
}

/** The running agents whose executable or script lies in `home`. */
async function look(home: FixtureHome): Promise<Discovered & { found: unknown[] }> {
  const user = localUser({ name: 'me', home: home.path })
  const discovery = createDiscovery(
    {
      processes: linuxProcesses(),
      details: linuxProcessDetails(),
      programs: addon === undefined ? undefined : linuxProgramResolver({ addon }),
      homes: { readHome: async () => ({ sightings: [], sources: [] }) },
      systemFiles: trustedFiles(),
      users: { list: async () => [user] },
      clock: new FakeClock(),
    },
    { catalogue: builtInCatalogue(), userId: user.id },
  )
  const all = await discovery.processes({ signal })
  const sightings = all.sightings.filter(({ evidence }) => evidence.some((line) => line.includes(home.path)))
  const found = sightings.map((each) =>
    each.kind === 'agent' ? [each.catalogueId, each.process?.pid, each.flags] : [],
  )
  return { sightings, sources: all.sources, found }
}

test('a native agent is known by its executable; its prompt and environment stay here', async () => {
  using home = fixtureHome()
  const path = copyOfNode(home, 'lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe')
  await using child = await start(path, ['-e', WAIT, '--', '-p', CANARY], { argv0: 'claude' })
  const discovered = await look(home)
  expect(discovered.found).toEqual([['claude-code', child.pid, []]])
  expect(discovered.sightings[0]?.evidence).toEqual([`executable ${path}`, 'environment marker CLAUDECODE'])
  expect(JSON.stringify(discovered)).not.toContain(CANARY)
})

test('knows an agent that node runs by its script, linked or not, with known flags', async () => {
  using home = fixtureHome()
  home.write('node_modules/@google/gemini-cli/bundle/gemini.js', WAIT)
  mkdirSync(home.at('node_modules/.bin'))
  symlinkSync('../@google/gemini-cli/bundle/gemini.js', home.at('node_modules/.bin/gemini'))
  const args = ['--yolo', '-p', CANARY, `--key=${CANARY}`]
  await using linked = await start(process.execPath, [home.at('node_modules/.bin/gemini'), ...args])
  await using direct = await start(process.execPath, [home.at('node_modules/@google/gemini-cli/bundle/gemini.js')])
  const discovered = await look(home)
  // A set, because a scan has the order of the names in /proc: "1005" is before "998".
  const expected = new Set([
    ['gemini-cli', linked.pid, ['--yolo', '-p']],
    ['gemini-cli', direct.pid, []],
  ])
  expect(new Set(discovered.found)).toEqual(expected)
  expect(JSON.stringify(discovered)).not.toContain(CANARY)
})

whenBuilt('knows an agent by where its link leads, with the version of its package', async () => {
  using home = fixtureHome()
  home.write('srv/lib/node_modules/@google/gemini-cli/bundle/gemini.js', WAIT)
  home.write('srv/lib/node_modules/@google/gemini-cli/package.json', {
    name: '@google/gemini-cli',
    version: '0.61.0',
    bin: { gemini: 'bundle/gemini.js' },
  })
  mkdirSync(home.at('srv/bin'))
  symlinkSync('../lib/node_modules/@google/gemini-cli/bundle/gemini.js', home.at('srv/bin/gemini'))
  // npm has linked a checkout.
  home.write('src/cli/main.js', WAIT)
  home.write('src/package.json', { name: '@qwen-code/qwen-code', version: '0.24.4', bin: { qwen: './cli/main.js' } })
  symlinkSync('../../src/cli/main.js', home.at('srv/bin/qwen'))
  // Called as an agent, and none.
  home.write('srv/bin/codex', WAIT)
  await using gemini = await start(process.execPath, [home.at('srv/bin/gemini'), '--yolo'])
  await using qwen = await start(process.execPath, [home.at('srv/bin/qwen')])
  await using _ = await start(process.execPath, [home.at('srv/bin/codex')])
  const { found, sightings } = await look(home)
  expect(found).toEqual([
    ['gemini-cli', gemini.pid, ['--yolo']],
    ['qwen-code', qwen.pid, []],
  ])
  expect(sightings.map((each) => (each.kind === 'agent' ? each.version : undefined))).toEqual(['0.61.0', '0.24.4'])
})

whenBuilt('a native agent is known by its package, and what else that package brings is not', async () => {
  using home = fixtureHome()
  const droid = copyOfNode(home, 'factory/bin/droid')
  const other = copyOfNode(home, 'factory/vendor/droid')
  home.write('factory/package.json', { name: 'droid', version: '0.215.0', bin: { droid: 'bin/droid' } })
  await using running = await start(droid, ['-e', WAIT], { argv0: 'droid' })
  await using _ = await start(other, ['-e', WAIT], { argv0: 'droid' })
  const { found, sightings } = await look(home)
  expect(found).toEqual([['droid', running.pid, []]])
  expect(sightings[0]).toMatchObject({
    version: '0.215.0',
    evidence: [`executable ${droid}, a command of npm package droid`],
  })
})

test('a wrapper with its child and a detached daemon is one', async () => {
  using home = fixtureHome()
  const native = copyOfNode(home, 'node_modules/@openai/codex-linux-x64/vendor/x/bin/codex')
  const daemon = copyOfNode(home, '.codex/packages/app-server-daemon/releases/0.169.0-x/bin/codex')
  const script = `
    const { spawn } = require('node:child_process')
    const wait = ${JSON.stringify(WAIT)}
    const native = spawn(${JSON.stringify(native)}, ['-e', wait], { stdio: ['ignore', 'pipe', 'ignore'] })
    const daemon = spawn(${JSON.stringify(daemon)}, ['-e', wait, '--', '--managed-daemon'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    process.on('SIGTERM', () => { native.kill('SIGKILL'); daemon.kill('SIGKILL'); process.exit() })
    native.stdout.once('data', () => daemon.stdout.once('data', () => process.stdout.write(String(daemon.pid))))
    setInterval(() => {}, 1000)`
  home.write('node_modules/@openai/codex/bin/codex.js', script)
  const wrapper = spawn(process.execPath, [home.at('node_modules/@openai/codex/bin/codex.js')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const [daemonPid] = await once(wrapper.stdout, 'data')
    const { found, sightings } = await look(home)
    expect(found).toEqual([['codex', wrapper.pid, []]])
    expect(sightings.flatMap((each) => (each.kind === 'agent' ? (each.parts ?? []) : []))).toContainEqual(
      expect.objectContaining({ role: 'helper', pid: Number(String(daemonPid)), parentPid: wrapper.pid }),
    )
  } finally {
    wrapper.kill('SIGTERM')
    await once(wrapper, 'exit')
  }
})

test('a process that only calls itself an agent is none', async () => {
  using home = fixtureHome()
  const path = copyOfNode(home, 'claude/codex/gemini')
  await using _ = await start(path, ['-e', WAIT], { argv0: 'claude' })
  expect((await look(home)).found).toEqual([])
})

test('reports a server that an agent runs with its entry, and none of its arguments', async () => {
  using home = fixtureHome()
  const server = home.at('server.mjs')
  home.write('server.mjs', 'process.stdin.resume()')
  const agent = copyOfNode(home, 'lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe')
  const args = [server, '--token', CANARY]
  home.write('.claude.json', {
    mcpServers: { notes: { command: 'node', args }, other: { command: 'node', args: [server] } },
  })
  const script = `
    const { spawn } = require('node:child_process')
    const server = spawn(${JSON.stringify(process.execPath)}, ${JSON.stringify(args)})
    server.once('spawn', () => { ${WAIT} })`
  await using child = await start(agent, ['-e', script], { argv0: 'claude' })
  const user = localUser({ name: 'me', home: home.path })
  const clock = new FakeClock()
  using files = openFiles()
  const discovery = createDiscovery(
    {
      processes: linuxProcesses(),
      details: linuxProcessDetails(),
      systemFiles: trustedFiles(),
      clock,
      homes: {
        readHome: ({ catalogue }) => readHome({ files, clock }, { user, home: home.path, catalogue }, 'mcp'),
      },
      users: { list: async () => [user] },
    },
    { catalogue: builtInCatalogue(), userId: user.id },
  )
  const { sightings } = await discovery.collect({ signal })
  const notes = sightings.find((each) => each.kind === 'mcp-server' && each.name === 'notes')
  const running = sightings.find((each) => each.kind === 'agent' && each.process?.pid === child.pid)
  const parts = running?.kind === 'agent' ? running.parts : undefined
  expect(parts?.map(({ role, server: id }) => [role, id])).toEqual([
    ['agent', undefined],
    ['mcp-server', notes?.id],
  ])
  expect(JSON.stringify(sightings)).not.toContain(CANARY)
})

const asRoot = process.getuid?.() === 0 ? test : test.skip
asRoot('(root) an agent in another namespace of processes is reported with its container', async () => {
  using home = fixtureHome()
  const path = copyOfNode(home, 'lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe')
  await using _ = await start('/usr/bin/unshare', ['--pid', '--fork', '--kill-child', path, '-e', WAIT], {})
  const { sightings } = await look(home)
  expect(sightings.map((each) => (each.kind === 'agent' ? each.container : undefined))).toEqual([
    { kind: 'other', id: expect.stringMatching(/^pid:\[\d+\]$/) },
  ])
})
