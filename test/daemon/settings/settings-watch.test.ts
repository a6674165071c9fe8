import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../../src/base/errors.ts'
import { loadDaemonConfig } from '../../../src/config/daemon.ts'
import type { ManagedPlace } from '../../../src/config/managed-sources.ts'
import { openSettingsWatch } from '../../../src/daemon/settings/settings-watch.ts'
import { windowsRegistry } from '../../../src/system/facts/registry.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { NO_WINDOWS, recordedWindows } from '../../support/platforms/recorded-windows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A daemon whose settings lie in files that change under it. */

const MINUTE_MS = 60_000
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
let count = 0
let isBroken = false

interface Init {
  readonly managed?: ManagedPlace
  /** A service manager starts it again. */
  readonly isService?: boolean
  /** Of an earlier run. */
  readonly root?: string
}

async function watched({ managed, isService = false, root = join(folder.path, String(count++)) }: Init = {}) {
  const policies = join(root, 'managed.d')
  const state = join(root, 'state')
  for (const path of [policies, state]) mkdirSync(path, { recursive: true, mode: 0o700 })
  const file = join(policies, '10.json')
  const write = (content: unknown) =>
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  if (!existsSync(file)) write({ log: { level: 'warn' } })
  const read = () =>
    loadDaemonConfig({
      environment: {},
      policyFolder: policies,
      policyOwners: [String(process.geteuid?.() ?? 0)],
      ...(managed === undefined ? {} : { managed }),
    }).entries
  const warnings = new Map<string, string>()
  const logged: unknown[] = []
  const clock = new FakeClock()
  let restarts = 0
  const daemon = { isBusy: false, unusable: '' }
  const log = (_: string, facts: unknown) => void logged.push(facts)
  const watch = await openSettingsWatch(
    {
      clock,
      read,
      log: { info: () => undefined, warn: log, error: log },
      health: { raise: (code, detail = '') => warnings.set(code, detail), clear: (code) => warnings.delete(code) },
      async requireUsable() {
        if (daemon.unusable !== '') throw new SuretyError('CONFIG_INVALID', daemon.unusable)
      },
      restart: isService ? () => void restarts++ : undefined,
      isBusy: () => daemon.isBusy,
    },
    { stateFolder: state, inUse: read() },
  )
  const now = async () => {
    await watch.check()
    return Object.fromEntries(warnings)
  }
  return { now, write, file, logged, clock, daemon, root, state, watch, restarts: () => restarts }
}

describe('where nothing starts it again', () => {
  test('warns of what changed, once in the log, and is quiet when it is as before', async () => {
    const { now, write, logged, watch } = await watched()
    expect([await now(), await watch.waiting()]).toEqual([{}, undefined])
    write({ log: { level: 'debug' }, support: { owner: 'IT' } })
    expect(await now()).toEqual({ SETTINGS_CHANGED: 'Changed: log.level, support.owner. Restart suretyd.' })
    await now()
    expect(logged).toHaveLength(1)
    expect(await watch.waiting()).toEqual({ state: 'by-hand', settings: ['log.level', 'support.owner'] })
    write({ log: { level: 'warn' } })
    expect([await now(), await watch.waiting()]).toEqual([{}, undefined])
    write({ log: { level: 'debug' } })
    await now()
    expect(logged).toHaveLength(2)
  })

  test('is quiet where the same value comes from another place', async () => {
    const { now, write, file } = await watched()
    rmSync(file)
    write({ log: { level: 'warn' } })
    expect(await now()).toEqual({})
  })

  test.each<[string, unknown, RegExp]>([
    ['a wrong value', { log: { level: 'loud' } }, /10\.json: log\.level: expected one of error, warn, info, debug\.$/],
    ['another setting', { log: { levle: 'info' } }, /"log\.levle" is not a setting; similar: log\.level, /],
    ['half a file', '{"log":{"lev', /expected one JSON object/],
  ])('warns of %s before a restart would end the daemon', async (_, content, words) => {
    const { now, write, watch } = await watched()
    write(content)
    expect(await now()).toEqual({ SETTINGS_REFUSED: expect.stringMatching(words) })
    expect(JSON.stringify(await now())).not.toContain('loud')
    expect(await watch.waiting()).toEqual({
      state: 'refused',
      settings: [],
      reason: expect.stringContaining('10.json'),
    })
    write({ log: { level: 'debug' } })
    expect(await now()).toEqual({ SETTINGS_CHANGED: 'Changed: log.level. Restart suretyd.' })
    write(content)
    expect(await now()).toEqual({ SETTINGS_REFUSED: expect.any(String) })
    write({ log: { level: 'warn' } })
    expect(await now()).toEqual({})
  })

  test('warns of a policy that others may write', async () => {
    const { now, file } = await watched()
    chmodSync(file, 0o666)
    expect(await now()).toEqual({ SETTINGS_REFUSED: expect.stringContaining('writable by other users') })
  })

  test('names four of many, and says how many there are', async () => {
    const { now, write } = await watched()
    write({
      log: { level: 'debug', format: 'json', maxFiles: 7, maxBytes: 65_536 },
      support: { owner: 'a', contact: 'b' },
    })
    expect(await now()).toEqual({
      SETTINGS_CHANGED: 'Changed: log.level, log.format, log.maxBytes, log.maxFiles and 2 more. Restart suretyd.',
    })
  })

  test('sees a value that Group Policy set', async () => {
    const key = 'HKLM\\SOFTWARE\\Policies\\Surety'
    const values: Record<string, string> = {}
    const registry = windowsRegistry(recordedWindows({ ...NO_WINDOWS, registry: { [key]: values } }))
    const { now } = await watched({ managed: { registry, key } })
    expect(await now()).toEqual({})
    values['support.contact'] = 'helpdesk'
    expect(await now()).toEqual({ SETTINGS_CHANGED: 'Changed: support.contact. Restart suretyd.' })
  })

  test('does not hide a mistake of ours', async () => {
    const { watch } = await watched({
      managed: {
        key: 'HKLM\\SOFTWARE\\Policies\\Surety',
        registry: {
          values: () => {
            if (isBroken) throw new TypeError('a bug')
            return []
          },
          keys: () => [],
        },
      },
    })
    isBroken = true
    await expect(watch.check()).rejects.toThrow(TypeError)
    isBroken = false
  })
})

describe('as a service', () => {
  test('starts again with what two looks have seen, and warns of nothing', async () => {
    const { now, write, restarts, logged, watch } = await watched({ isService: true })
    write({ log: { level: 'debug' } })
    expect([await now(), restarts()]).toEqual([{}, 0])
    expect(await watch.waiting()).toEqual({ state: 'by-itself', settings: ['log.level'] })
    expect([await now(), restarts()]).toEqual([{}, 1])
    expect(logged).toEqual([])
  })

  test('waits for a source that is still being written', async () => {
    const { now, write, restarts } = await watched({ isService: true })
    for (const owner of ['a', 'b', 'c']) {
      write({ support: { owner } })
      await now()
    }
    expect(restarts()).toBe(0)
    write({ log: { level: 'warn' } })
    expect(await now()).toEqual({})
    expect(restarts()).toBe(0)
  })

  test('continues with the old ones where it would refuse the new ones', async () => {
    const { now, write, restarts, daemon } = await watched({ isService: true })
    write({ log: { level: 'loud' } })
    for (let look = 0; look < 3; look++) await now()
    expect(await now()).toEqual({ SETTINGS_REFUSED: expect.stringContaining('log.level') })
    write({ log: { level: 'debug' } })
    daemon.unusable = 'catalogue "/c": it is not signed'
    for (let look = 0; look < 3; look++) await now()
    expect(await now()).toEqual({ SETTINGS_REFUSED: 'catalogue "/c": it is not signed.' })
    expect(restarts()).toBe(0)
    daemon.unusable = ''
    expect([await now(), await now(), restarts()]).toEqual([{}, {}, 1])
  })

  test('interrupts nothing', async () => {
    const { now, write, restarts, daemon } = await watched({ isService: true })
    write({ log: { level: 'debug' } })
    daemon.isBusy = true
    for (let look = 0; look < 3; look++) await now()
    expect(await now()).toEqual({ SETTINGS_CHANGED: 'Changed: log.level. They are applied within minutes.' })
    expect(restarts()).toBe(0)
    daemon.isBusy = false
    await now()
    expect(restarts()).toBe(1)
  })

  test.each([{ stateFolder: '/srv/elsewhere' }, { socket: '/run/elsewhere.sock' }])(
    'leaves its state and its socket where they are: %j',
    async (moved) => {
      const { now, write, restarts, watch } = await watched({ isService: true })
      write({ ...moved, log: { level: 'debug' } })
      for (let look = 0; look < 3; look++) await now()
      expect(await now()).toEqual({ SETTINGS_CHANGED: expect.stringMatching(/Restart suretyd\.$/) })
      expect(await watch.waiting()).toMatchObject({ state: 'by-hand' })
      expect(restarts()).toBe(0)
    },
  )

  test('does so again only after ten minutes, for any time of the clock', async () => {
    const first = await watched({ isService: true })
    first.write({ log: { level: 'debug' } })
    await first.now()
    await first.now()
    expect(first.restarts()).toBe(1)
    for (const life of [1, 2]) {
      const { now, write, restarts, clock, root } = await watched({ isService: true, root: first.root })
      write({ support: { owner: `life ${life}` } })
      for (let look = 0; look < 4; look++) await now()
      clock.jump(60 * MINUTE_MS)
      expect([await now(), restarts()]).toEqual([{ SETTINGS_CHANGED: expect.stringContaining('within minutes') }, 0])
      if (life === 1) continue
      await clock.advance(9 * MINUTE_MS)
      await now()
      expect(restarts()).toBe(0)
      await clock.advance(MINUTE_MS)
      await now()
      expect(restarts()).toBe(1)
      expect(root).toBe(first.root)
    }
  })

  test('stays where it cannot write down that it was for the settings', async () => {
    const { now, write, restarts, state, logged } = await watched({ isService: true })
    write({ log: { level: 'debug' } })
    await now()
    rmSync(state, { recursive: true })
    expect(await now()).toEqual({ SETTINGS_CHANGED: expect.any(String) })
    expect([restarts(), JSON.stringify(logged)]).toEqual([0, expect.stringContaining('cannot write')])
    mkdirSync(state, { mode: 0o700 })
    await now()
    expect(restarts()).toBe(1)
  })

  test('sets a damaged record aside', async () => {
    const { root, state } = await watched({ isService: true })
    writeFileSync(join(state, 'settings-restart.json'), '{', { mode: 0o600 })
    const { now, write, restarts, logged } = await watched({ isService: true, root })
    write({ log: { level: 'debug' } })
    await now()
    await now()
    expect([restarts(), logged.length]).toEqual([1, 1])
  })
})
