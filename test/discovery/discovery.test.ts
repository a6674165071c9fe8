import { SuretyError } from '../../src/base/errors.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { createDiscovery, type Discovered } from '../../src/discovery/discovery.ts'
import { DISCOVERY_TASKS } from '../../src/discovery/files/scan-tasks.ts'
import type { HomeReader } from '../../src/discovery/homes/home-reader.ts'
import type { ProcessEntry, ProcessTable } from '../../src/system/processes/process-table.ts'
import type { LocalUser } from '../../src/system/users/users.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { ALICE, DAEMON, discoveryOf, homesOf, NODE_TITLED_PI, processesOf, systemFilesOf } from './discovered-device.ts'

const signal = new AbortController().signal

test('reports a process that keeps its readers waiting, and sees the rest', async () => {
  const hanging: ProcessEntry = { ...NODE_TITLED_PI, pid: 8, argv: [], argumentsUnread: true }
  const discovery = discoveryOf({
    processes: processesOf(hanging, NODE_TITLED_PI),
    homes: homesOf({ alice: 'pi' }).reader,
  })
  const { sightings, sources } = await discovery.collect({ signal })
  expect(sightings.map(({ name }) => name)).toContain('pi coding agent')
  expect(sources.filter(({ state }) => state === 'timed-out').map(({ source, path }) => [source, path])).toEqual([
    ['processes', '/proc/8'],
  ])
})

test('reports a model server, running and installed, and only models of its account', async () => {
  const ollama: LocalUser = { ...DAEMON, id: '998', name: 'ollama', home: '/usr/share/ollama' }
  const tasks: [string, readonly string[]][] = []
  const homes: HomeReader = {
    async readHome(request) {
      tasks.push([request.user.name, request.tasks])
      return { sightings: [], sources: [] }
    },
  }
  const server = {
    ...NODE_TITLED_PI,
    userId: '998',
    comm: 'ollama',
    executable: '/usr/local/bin/ollama',
    argv: ['ollama', 'serve'],
  }
  const init = { homes, processes: processesOf(server), files: systemFilesOf({ '/usr/local/bin/ollama': '' }) }
  const users = async () => [ALICE, ollama]
  const { sightings } = await discoveryOf({ ...init, users }).collect({ signal })
  expect(
    sightings.map((each) => [each.kind, each.catalogueId, 'state' in each && each.state, each.user?.name]),
  ).toEqual([
    ['model-runtime', 'ollama', 'running', 'ollama'],
    ['model-runtime', 'ollama', 'installed', undefined],
  ])
  expect(tasks).toEqual([
    ['alice', DISCOVERY_TASKS],
    ['ollama', ['runtimes']],
  ])
  // Only root can become somebody else.
  tasks.length = 0
  await discoveryOf({ ...init, users, userId: '1000' }).collect({ signal })
  expect(tasks.map(([name]) => name)).toEqual(['alice'])
})

test('reports the model of a runner by the name in its store', async () => {
  const ollama: LocalUser = { ...DAEMON, id: '998', name: 'ollama', home: '/usr/share/ollama' }
  const path = `/usr/share/ollama/.ollama/models/blobs/sha256-${'a'.repeat(64)}`
  const homes: HomeReader = {
    async readHome({ user }) {
      return { sightings: [], sources: [], ...(user === ollama ? { blobs: [{ path, name: 'llama3.2:3b' }] } : {}) }
    },
  }
  const runner = {
    ...NODE_TITLED_PI,
    userId: '998',
    comm: 'ollama',
    executable: '/usr/local/bin/ollama',
    argv: ['/usr/local/bin/ollama', 'runner', '--model', path, '--port', '34429'],
  }
  const discovery = discoveryOf({ homes, processes: processesOf(runner), users: async () => [ollama] })
  const models = (found: Discovered) => found.sightings.map((each) => each.kind === 'model-runtime' && each.models)
  expect(models(await discovery.processes({ signal }))).toEqual([[]])
  expect(models(await discovery.collect({ signal }))).toEqual([['llama3.2:3b']])
  expect(models(await discovery.processes({ signal }))).toEqual([['llama3.2:3b']])
})

test('reports a failing process table as an unreadable source, and reports the rest', async () => {
  const broken: ProcessTable = {
    ...processesOf(),
    scan: async () => {
      throw new SuretyError('FILE_UNREADABLE', '/proc: EACCES')
    },
  }
  const { sources } = await discoveryOf({
    processes: broken,
    homes: homesOf().reader,
    userId: '1000',
    users: async () => [ALICE],
  }).collect({ signal })
  expect(sources.map(({ source, state, reason }) => [source, state, reason])).toEqual([
    ['users', 'parsed', undefined],
    ['processes', 'unreadable', '/proc: EACCES'],
    ['process-events', 'absent', 'Process events are not available. Processes are scanned on a schedule.'],
    ['executed-files', 'absent', 'Process events are not available. Processes are scanned on a schedule.'],
    ['installed-agents', 'parsed', undefined],
    ['mcp-servers', 'parsed', undefined],
    ['agent-files', 'parsed', undefined],
    ['model-runtimes', 'parsed', undefined],
    ['installed-agents', 'parsed', undefined],
  ])
})

test('reports an unreadable list of users, and reports processes all the same', async () => {
  const process = { ...NODE_TITLED_PI, executable: '/usr/local/bin/codex', argv: ['codex'] }
  const users = async () => {
    throw new SuretyError('FILE_UNREADABLE', '/etc/passwd: EIO')
  }
  const { sightings, sources } = await discoveryOf({ processes: processesOf(process), users }).collect({ signal })
  expect(sightings.map(({ name, user }) => [name, user])).toEqual([['Codex CLI', { id: '1000', name: '1000' }]])
  expect(sources.map(({ source, state }) => [source, state])).toEqual([
    ['users', 'unreadable'],
    ['processes', 'parsed'],
    ['process-events', 'absent'],
    ['executed-files', 'absent'],
    ['installed-agents', 'parsed'],
    ['mcp-servers', 'parsed'],
    ['agent-files', 'parsed'],
    ['model-runtimes', 'parsed'],
  ])
})

test('people who were known stay known while their list cannot be read', async () => {
  const process = { ...NODE_TITLED_PI, executable: '/usr/local/bin/codex', argv: ['codex'] }
  let readable = true
  const users = async () => {
    if (readable) return [ALICE]
    throw new SuretyError('FILE_UNREADABLE', '/etc/passwd: EIO')
  }
  const discovery = discoveryOf({ processes: processesOf(process), users })
  const before = await discovery.collect({ signal })
  readable = false
  const { sightings, sources } = await discovery.collect({ signal })
  expect(sightings).toEqual(before.sightings)
  expect(sightings[0]).toMatchObject({ user: { name: 'alice' } })
  expect(sources[0]).toMatchObject({ source: 'users', state: 'unreadable' })
})

test('aborting rejects with its reason', async () => {
  await expect(discoveryOf({}).collect({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
})

test('another catalogue is used from the next look on', async () => {
  const node: ProcessEntry = { ...NODE_TITLED_PI, pid: 9, executable: '/usr/bin/claude', argv: ['claude'] }
  let catalogue = builtInCatalogue()
  const discovery = createDiscovery(
    {
      processes: processesOf(node),
      homes: homesOf().reader,
      systemFiles: systemFilesOf(),
      clock: new FakeClock(),
      users: { list: async () => [ALICE] },
    },
    {
      get catalogue() {
        return catalogue
      },
      userId: '0',
    },
  )
  const seen = async () => (await discovery.processes({ signal })).sightings.map(({ catalogueId }) => catalogueId)
  expect(await seen()).toEqual(['claude-code'])
  catalogue = { ...catalogue, entries: catalogue.entries.filter(({ id }) => id !== 'claude-code') }
  expect(await seen()).toEqual(['claude-code'])
  discovery.catalogueReplaced()
  expect(await seen()).toEqual([])
})
