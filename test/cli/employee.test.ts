import { SuretyError } from '../../src/base/errors.ts'
import { linuxFixes } from '../../src/cli/linux-fixes.ts'
import { SAMPLE_TIME, sampleStatus } from '../support/daemon/sample-status.ts'
import { daemonWith, run } from './surety-runs.ts'

const away = () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd'))
const noDaemon = { ...daemonWith(sampleStatus()), status: away, check: away, lastBatch: away }

test('explain says why, the steps of this system, the state and what comes then', async () => {
  const { out, exitCode } = await run('explain disk.root-encrypted')
  expect(exitCode).toBe(0)
  for (const part of ['The system disk is encrypted', 'required', 'encrypted LVM', 'Since   2 d ago', '120 min']) {
    expect(out).toContain(part)
  }
})

test('explain speaks German with --lang, also without a daemon', async () => {
  const { out, exitCode } = await run('explain session.screen-lock --lang de', noDaemon)
  expect([exitCode, out.includes('Der Bildschirm sperrt sich selbst')]).toEqual([0, true])
})

test.each(['explain nosuch', 'explain __proto__', 'check nosuch', 'fix nosuch', 'explain disk'])(
  '"%s" fails and lists checks',
  async (argv) => {
    const { exitCode, err } = await run(argv)
    expect([exitCode, err.includes('disk.root-encrypted')]).toEqual([1, true])
  },
)

test('check prints what changed', async () => {
  const daemon = daemonWith(sampleStatus())
  const check = async () => [{ check: 'disk.root-encrypted', state: 'pass' as const, detail: 'encrypted now' }]
  expect((await run('check', { ...daemon, check })).out).toBe(
    'Changed:\n  fail -> pass  disk.root-encrypted  encrypted now\n',
  )
  expect((await run('check --wait')).out).toBe('Nothing changed.\nVerdict: NOT COMPLIANT\n')
})

test('check --wait says when the directory has not answered', async () => {
  const check = async () => [{ check: 'network.firewall', state: 'pass' as const, detail: 'on' }]
  const { out } = await run('check --wait', { ...daemonWith(sampleStatus()), check })
  expect(out).toContain('Verdict: NOT COMPLIANT (no newer verdict yet)')
})

test('check reports that it is limited', async () => {
  const check = () => Promise.reject(new SuretyError('RATE_LIMITED', 'try again in 9 s'))
  expect(await run('check', { ...daemonWith(sampleStatus()), check })).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('try again in 9 s'),
  })
})

test('fix changes nothing without --yes, and says why a person is needed', async () => {
  let applied = 0
  const apply = async () => {
    applied++
  }
  const fixes = { 'session.screen-lock': { changes: ['sets it'], obstacle: async () => undefined, apply } }
  const { out } = await run('fix', undefined, { fixes })
  expect(out).toContain('Needs you, because: it needs a new installation and a backup')
  expect([applied, out.includes('With --yes, surety: sets it')]).toEqual([0, true])
  expect((await run('fix --yes', undefined, { fixes })).out).toContain('1 changed, 0 failed')
  expect(applied).toBe(1)
})

describe('the fixes of Linux', () => {
  const no = (): boolean => false
  const fixesOf = (init: Partial<Parameters<typeof linuxFixes>[0]>) => {
    const calls: unknown[] = []
    const fixes = linuxFixes({
      ...{ isRoot: false, exists: () => true, desktop: 'GNOME' },
      async run(...call) {
        calls.push(call)
        return 0
      },
      writeFile: async (path) => {
        calls.push(path)
      },
      ...init,
    })
    return { fixes, calls }
  }
  test.each([
    ['os.automatic-updates', {}, 'only root may change it; run: sudo surety fix os.automatic-updates --yes'],
    ['os.automatic-updates', { exists: no }, 'surety changes this only on Debian and its relatives'],
    ['session.screen-lock', { isRoot: true }, 'it is a setting of each user; run surety fix without sudo'],
    ['session.screen-lock', { desktop: 'KDE' }, 'surety changes it only in a session of GNOME'],
    ['session.screen-lock', { desktop: undefined }, 'surety changes it only in a session of GNOME'],
    ['session.screen-lock', { exists: no }, '/usr/bin/gsettings is not installed'],
  ] as const)('%s is left alone with %j', async (check, init, reason) => {
    const { fixes, calls } = fixesOf(init)
    expect([await fixes[check]?.obstacle(), calls]).toEqual([reason, []])
  })

  test('run gsettings by its absolute path, and fail with it', async () => {
    const { fixes, calls } = fixesOf({})
    await fixes['session.screen-lock']?.apply()
    expect(calls).toContainEqual([
      '/usr/bin/gsettings',
      ['set', 'org.gnome.desktop.screensaver', 'lock-enabled', 'true'],
    ])
    const failing = fixesOf({ run: async () => 1 })
    await expect(failing.fixes['session.screen-lock']?.apply()).rejects.toThrow('gsettings could not set')
  })

  test('leave the firewall and the disks to a person', () => {
    expect(Object.keys(fixesOf({}).fixes)).toEqual(['os.automatic-updates', 'session.screen-lock'])
  })
})

test('privacy works without a daemon, and --last prints the batch', async () => {
  const { out } = await run('privacy', noDaemon)
  expect(out).toContain('prompts and answers of agents')
  const last = JSON.parse((await run('privacy --last')).out)
  expect(last).toEqual({ schema: 'surety/last-batch@1', claims: { findings: sampleStatus().findings }, leftOut: 2 })
})

test('flare writes one new file that names its content and hides secrets', async () => {
  const saved: string[] = []
  const saveNew = async (path: string, bytes: Uint8Array) => {
    saved.push(path, Buffer.from(bytes.subarray(0, 2)).toString())
  }
  const daemon = daemonWith(sampleStatus())
  const config = async () => [{ key: 'pkcs11.pinFile', value: '/secret/pin', origin: 'file' as const }]
  const { out } = await run('flare', { ...daemon, config }, { saveNew })
  const date = new Date(SAMPLE_TIME).toISOString().slice(0, 19).replaceAll(':', '-')
  expect(saved).toEqual([`surety-flare-${date}Z.zip`, 'PK'])
  expect(out).toContain('Nothing was sent.')
  const listed = (await run('flare --list', { ...daemon, config })).out
  expect([listed.includes('(hidden)'), listed.includes('/secret/pin')]).toEqual([true, false])
})

test('flare works without a daemon, and reports that a file exists', async () => {
  expect((await run('flare --list', noDaemon)).out).toContain('cannot reach suretyd')
  const saveNew = () => Promise.reject(new SuretyError('CONFLICT', 'exists already'))
  expect(await run('flare --out x.zip', undefined, { saveNew })).toMatchObject({ exitCode: 1, out: '' })
})
