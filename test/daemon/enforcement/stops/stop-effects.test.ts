import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Log } from '../../../../src/base/log.ts'
import { StopEffects, type StopEffectsComponents } from '../../../../src/daemon/enforcement/stops/stop-effects.ts'
import type { HeldAgent } from '../../../../src/daemon/enforcement/stops/stops-file.ts'
import { stopOf } from '../../../support/daemon/test-enforcement.ts'

const stop = stopOf({ by: 'Ada', reason: 'it deletes tables' })
const agent: HeldAgent = {
  agent: 'a'.repeat(32),
  product: 'claude-code',
  name: 'Claude Code',
  user: 'ada',
  userId: '1000',
  programs: [],
  packages: [],
  stops: [stop.id],
  processes: [{ pid: 7, startTicks: 70 }],
}

function recorded(init: { readonly open?: string; readonly fails?: boolean } = {}) {
  const calls: string[] = []
  const warnings: string[] = []
  const note = (message: string, fields?: object) => void warnings.push(`${message} ${JSON.stringify(fields)}`)
  const log: Log = { debug() {}, info() {}, warn: note, error: note }
  const call = async (name: string) => {
    calls.push(name)
    if (init.fails === true) throw new Error('refused')
  }
  const network: StopEffectsComponents['network'] = {
    async cut(processes) {
      await call(`cut ${[...processes].map(({ pid }) => pid).join()}`)
      return init.open === undefined ? { network: 'cut' } : { network: 'open', reason: init.open }
    },
    restore: (processes) => call(`restore ${[...processes].map(({ pid }) => pid).join()}`),
    remove: () => call('remove'),
  }
  const terminal: StopEffectsComponents['terminal'] = {
    show(_, text) {
      calls.push(text)
      if (init.fails === true) throw new Error('refused')
      return 1
    },
    restore: () => call('paint'),
  }
  return { calls, warnings, effects: new StopEffects({ log, network, terminal }), log }
}

test('the network is cut and given back, and the rules go once nothing is held', async () => {
  const { calls, warnings, effects } = recorded()
  expect(await effects.cut([agent])).toBe(true)
  await effects.released([agent])
  await effects.idle()
  await effects.idle()
  expect(calls).toEqual(['cut 7', 'restore 7', 'paint', 'remove'])
  await effects.cut([agent])
  await effects.idle()
  expect(calls.slice(4)).toEqual(['cut 7', 'remove'])
  expect(warnings).toEqual([])
})

test('rules of an earlier run are removed at the first chance', async () => {
  const { calls, effects } = recorded()
  await effects.idle()
  expect(calls).toEqual(['remove'])
})

test('an open network is said with its reason', async () => {
  const { warnings, effects } = recorded({ open: '2 sockets are in another network namespace' })
  expect(await effects.cut([agent])).toBe(false)
  expect(warnings).toEqual([
    'the network of stopped agents is open {"reason":"2 sockets are in another network namespace"}',
  ])
})

test('nothing that fails keeps an agent stopped or free', async () => {
  const { calls, warnings, effects } = recorded({ fails: true })
  expect(await effects.cut([agent])).toBe(false)
  effects.tell([agent], [stop])
  await nextTurn()
  await effects.released([agent])
  await effects.idle()
  await nextTurn()
  expect(calls).toHaveLength(5)
  expect(warnings).toHaveLength(5)
})

test('without agents, and on a system without either, nothing is done', async () => {
  const { calls, effects, log } = recorded()
  expect(await effects.cut([])).toBe(false)
  effects.tell([], [stop])
  await effects.released([])
  expect(calls).toEqual([])
  const none = new StopEffects({ log })
  expect(await none.cut([agent])).toBe(false)
  none.tell([agent], [stop])
  await none.released([agent])
  await none.idle()
})

test.each([
  ['the directory', stop, 'Surety stopped Claude Code. Whom to ask: surety status. Ada: it deletes tables'],
  [
    'a user of the device',
    { ...stop, origin: 'local' as const },
    'Surety stopped Claude Code. Release it with: surety release. Ada: it deletes tables',
  ],
  [
    'a user without a reason',
    { ...stop, origin: 'local' as const, reason: '' },
    'Surety stopped Claude Code. Release it with: surety release. By Ada',
  ],
])('people at the terminal learn after the receipt what %s has stopped', async (_, made, line) => {
  const { calls, effects } = recorded()
  effects.tell([agent], [stopOf(), made])
  expect(calls).toEqual([])
  await nextTurn()
  expect(calls).toEqual([line])
})

test('they learn of an end before it, and nothing of another stop', async () => {
  const { calls, effects } = recorded()
  effects.tell([agent], [{ ...stop, kind: 'retire' }])
  expect(calls).toEqual(['Surety ended Claude Code. Whom to ask: surety status. Ada: it deletes tables'])
  effects.tell([agent], [stopOf()])
  await nextTurn()
  expect(calls).toHaveLength(1)
})
