import { SuretyError } from '../../../src/base/errors.ts'
import { linuxFixes } from '../../../src/cli/status/linux-fixes.ts'
import type { Checked, ConfigEntry, Status } from '../../../src/protocol/messages/control.ts'
import { SAMPLE_TIME, sampleStatus } from '../../support/daemon/sample-status.ts'
import { daemonWith, result, run } from '../surety-runs.ts'

const away = () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd'))
const noDaemon = { ...daemonWith(sampleStatus()), status: away, check: away, lastBatch: away }

test('explain says why, the steps of this system, the state and what comes then', async () => {
  const { out, exitCode } = await run('explain disk.root-encrypted')
  expect(exitCode).toBe(0)
  for (const part of ['The system disk is not encrypted', 'required', 'encrypted LVM', 'Since   2 d ago', '120 min']) {
    expect(out).toContain(part)
  }
})

test('explain speaks German with --lang, also without a daemon', async () => {
  const { out, exitCode } = await run('explain session.screen-lock --lang de', noDaemon)
  expect([exitCode, out.includes('Der Bildschirm sperrt sich selbst')]).toEqual([0, true])
})

test.each([
  ['windows', 'explain access.remote-login', ['Settings > System > Remote Desktop', 'start ms-settings:remotedesktop']],
  [
    'windows',
    'explain os.security-updates --lang de',
    ['Einstellungen > Windows Update', 'start ms-settings:windowsupdate'],
  ],
  ['darwin', 'explain boot.system-integrity', ['csrutil enable']],
  ['linux', 'explain access.elevation', ['sudo visudo']],
] as const)('on %s, "%s" has the steps of that system', async (platform, argv, parts) => {
  const [, check = ''] = argv.split(' ')
  const { inventory: _, ...status } = sampleStatus({ findings: [{ check, state: 'fail', detail: 'off' }] })
  const { out, exitCode } = await run(argv, daemonWith(status), {}, { platform })
  expect(exitCode).toBe(0)
  // Without a daemon nobody knows whether the check failed.
  expect((await run(argv, noDaemon, {}, { platform })).out).not.toContain('1. ')
  for (const part of parts) expect(out).toContain(part)
  if (platform !== 'linux') expect(out).not.toMatch(/apt|systemctl|dnf/)
})

test('fix on a device with Windows prints the steps and the panel of Windows', async () => {
  const inventory = {
    hostname: 'l',
    platform: 'windows' as const,
    arch: 'x64',
    kernel: '10.0.26200',
    osName: 'Microsoft Windows 11 Pro',
    osVersion: '25H2 (10.0.26200.7171)',
  }
  const status = sampleStatus({ inventory })
  const { out } = await run('fix', daemonWith(status))
  expect(out).toContain('control /name Microsoft.BitLockerDriveEncryption')
  expect(out).toContain('Needs you, because')
})

test('privacy refuses a language without texts', async () => {
  expect(await run('privacy --lang xx')).toMatchObject({ out: '', exitCode: 2 })
})

test.each(['explain nosuch', 'explain __proto__', 'check nosuch', 'fix nosuch', 'explain disk'])(
  '"%s" fails and lists checks',
  async (argv) => {
    const { exitCode, err } = await run(argv)
    expect([exitCode, err.includes('disk.root-encrypted')]).toEqual([1, true])
  },
)

test('explain says what holds when the check passes, or what it would be', async () => {
  const passes = sampleStatus({ findings: [{ check: 'disk.root-encrypted', state: 'pass', detail: 'encrypted' }] })
  expect((await run('explain disk.root-encrypted', daemonWith(passes))).out).toMatch(/^The system disk is encrypted \(/)
  expect((await run('explain session.screen-lock')).out).toMatch(/^Could not check: The screen locks automatically \(/)
})

test('check --wait on a device that is not enrolled waits for no verdict', async () => {
  const { out } = await run('check --wait', daemonWith(sampleStatus({ enrolment: 'pending' })))
  expect(out).toContain('Verdict: NONE: this device is not enrolled\n')
})

const ENCRYPTED = { check: 'disk.root-encrypted', state: 'pass' as const, detail: 'encrypted now' }

test('check prints what changed', async () => {
  const daemon = daemonWith(sampleStatus())
  const check = async () => ({ findings: [ENCRYPTED], time: SAMPLE_TIME })
  expect((await run('check', { ...daemon, check })).out).toBe(
    'Changed:\n  fail -> pass  disk.root-encrypted  encrypted now\n',
  )
  expect((await run('check --wait')).out).toBe('Nothing changed.\nVerdict: NOT COMPLIANT\n')
})

test('check right after a start of the daemon prints results, not changes', async () => {
  const check = async () => ({ findings: [...sampleStatus().findings, ENCRYPTED], time: SAMPLE_TIME })
  const { out } = await run('check', { ...daemonWith(sampleStatus({ findings: [] })), check })
  const [first, ...lines] = out.trimEnd().split('\n')
  expect([first, lines.at(-1)]).toEqual(['First results since the daemon started:', '  2 passed'])
  expect(lines.slice(0, -1).join('\n')).not.toMatch(/pass|->/)
  expect((await run('check', { ...daemonWith(sampleStatus({ findings: [ENCRYPTED] })), check })).out).toMatch(
    /^Changed:/,
  )
})

/** Statuses that follow each other, the last one for ever, and how often the command waited. */
async function checkAndWait(statuses: readonly Status[], checked: Partial<Checked> = {}) {
  const left = [...statuses]
  let polls = 0
  const { out } = await run(
    'check --wait',
    {
      ...daemonWith(sampleStatus()),
      status: async () => (left.length > 1 ? left.shift() : left[0]) ?? sampleStatus(),
      check: async () => ({ findings: [ENCRYPTED], time: SAMPLE_TIME, ...checked }),
    },
    { pause: async () => void polls++ },
  )
  return { verdict: out.slice(out.indexOf('Verdict: ')).trim(), polls }
}

const acknowledging = (acknowledged: number, changes: Partial<Status> = {}) =>
  sampleStatus({ spool: { sequence: 42, acknowledged, waiting: 42 - acknowledged, bytes: 9 }, ...changes })

test('check --wait waits for the acknowledgement, and then for the result after it', async () => {
  const statuses = [41, 41, 42].map((acknowledged) => acknowledging(acknowledged))
  const good = acknowledging(42, result({ verdict: 'compliant', appraisedAt: SAMPLE_TIME, reasons: [] }))
  expect(await checkAndWait([...statuses, good], { sequence: 42 })).toEqual({ verdict: 'Verdict: COMPLIANT', polls: 2 })
})

test("check --wait after a daemon's start does not wait for a result that never comes", async () => {
  // The daemon knows no findings yet; the directory does, so that its result stays as it is.
  const statuses = [acknowledging(41, { findings: [] }), acknowledging(42)]
  expect(await checkAndWait(statuses, { sequence: 42 })).toEqual({ verdict: 'Verdict: NOT COMPLIANT', polls: 1 })
})

test('check --wait says when the directory has not answered', async () => {
  const { verdict, polls } = await checkAndWait([acknowledging(41)], { sequence: 42 })
  expect([verdict, polls]).toEqual(['Verdict: NOT COMPLIANT (no newer verdict yet)', 30])
})

test('check --wait does not wait while evidence cannot be written', async () => {
  const { verdict, polls } = await checkAndWait([acknowledging(42)])
  expect([verdict, polls]).toEqual(['Verdict: NOT COMPLIANT (no newer verdict yet)', 0])
})

describe('whom to ask', () => {
  const entry = (key: string, value: string, origin: ConfigEntry['origin'] = 'managed') => ({ key, value, origin })
  const MANAGED = [
    ...[entry('socket', '/d', 'default'), entry('support.owner', 'ada@example.org')],
    ...[entry('support.contact', 'helpdesk\u001b[2J'), entry('support.url', '(not set)', 'default')],
  ]

  test.each(['status', 'check', 'agents', 'refresh', 'privacy --last'])('is below an error of "%s"', async (argv) => {
    const refresh = away
    const { err } = await run(argv, { ...noDaemon, refresh, sightings: away }, { readConfig: () => MANAGED })
    const [first, ...whom] = err.split('\n')
    expect(first).toMatch(/^surety: cannot reach suretyd/)
    expect(whom).toEqual(['Owner    ada@example.org', 'Support  helpdesk\\x1b[2J', ''])
  })

  test('is in the JSON of an error, as it is', async () => {
    const { err } = await run('status --json', noDaemon, { readConfig: () => MANAGED })
    expect(JSON.parse(err).support).toEqual({ owner: 'ada@example.org', contact: 'helpdesk\u001b[2J' })
  })

  test.each<[string, () => readonly ConfigEntry[]]>([
    ['names nobody', () => [entry('support.contact', '(not set)', 'default')]],
    [
      'cannot be read',
      () => {
        throw new SuretyError('CONFIG_INVALID', 'another error')
      },
    ],
  ])('is left out where the configuration %s', async (_, readConfig) => {
    const { err, exitCode } = await run('status', noDaemon, { readConfig })
    expect([exitCode, err.split('\n').length, err.includes('another')]).toEqual([6, 2, false])
    expect(JSON.parse((await run('status --json', noDaemon, { readConfig })).err)).not.toHaveProperty('support')
  })

  test('is below the steps of a check', async () => {
    const support = { contact: 'helpdesk@example.org', url: 'https://example.org/laptops' }
    const { out } = await run('explain disk.root-encrypted', daemonWith(sampleStatus({ support })))
    expect(out).toMatch(/ {2}Support helpdesk@example\.org\n {2}Help {4}https:\/\/example\.org\/laptops\n$/)
  })
})

test('check reports that it is limited', async () => {
  const check = () => Promise.reject(new SuretyError('RATE_LIMITED', 'try again in 9 s'))
  expect(await run('check', { ...daemonWith(sampleStatus()), check })).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('try again in 9 s'),
  })
})

test.each(['windows', 'darwin'] as const)('fix on %s says that it changes nothing, and why', async (platform) => {
  const help = (await run('fix --help', undefined, {}, { platform })).out
  expect(help.replace(/\s+/g, ' ')).toContain('surety changes nothing on this system')
  const { out } = await run('fix --yes', undefined, {}, { platform })
  expect(out).toContain('Needs you, because: the recovery key must be stored where your company wants it')
  expect(out).toContain('so --yes had no effect')
  expect(out).toContain('\n1 needs you, 1 could not be checked (nothing for you to do).\n')
  const { results } = JSON.parse((await run('fix --yes --json', undefined, {}, { platform })).out)
  expect(new Set(results.map(({ outcome }: { outcome: string }) => outcome))).toEqual(
    new Set(['needs-human', 'not-checked']),
  )
})

test('fix changes nothing without --yes, and says why a person is needed', async () => {
  let applied = 0
  const apply = async () => {
    applied++
  }
  const fixes = { 'session.screen-lock': { changes: ['sets it'], obstacle: async () => undefined, apply } }
  const unlocked = { check: 'session.screen-lock', state: 'fail' as const, detail: 'never locks' }
  const daemon = daemonWith(
    sampleStatus({ findings: [...sampleStatus().findings.filter(({ state }) => state === 'fail'), unlocked] }),
  )
  const { out } = await run('fix', daemon, { fixes })
  expect(out).toContain('Needs you, because: it needs a new installation and a backup')
  expect([applied, out.includes('With --yes, surety: sets it')]).toEqual([0, true])
  expect((await run('fix --yes', daemon, { fixes })).out).toContain('1 changed, 1 needs you. See')
  expect(applied).toBe(1)
})

describe('the fixes of Linux', () => {
  const no = (): boolean => false
  const fixesOf = (init: Partial<Parameters<typeof linuxFixes>[0]>) => {
    const calls: unknown[] = []
    const fixes = linuxFixes({
      isRoot: false,
      exists: () => true,
      desktop: 'GNOME',
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
    [
      'os.automatic-updates',
      { isRoot: true, exists: (path: string) => path === '/var/lib/dpkg' },
      '/usr/bin/apt-get is not installed',
    ],
    ['session.screen-lock', { isRoot: true }, 'it is a setting of each user; run surety fix without sudo'],
    ['session.screen-lock', { desktop: 'KDE' }, 'surety changes it only in a session of GNOME'],
    ['session.screen-lock', { desktop: undefined }, 'surety changes it only in a session of GNOME'],
    ['session.screen-lock', { exists: no }, '/usr/bin/gsettings is not installed'],
  ] as const)('%s is left alone with %j', async (check, init, reason) => {
    const { fixes, calls } = fixesOf(init)
    expect([await fixes[check]?.obstacle(), calls]).toEqual([reason, []])
  })

  const NO_PACKAGE = (path: string) => path !== '/usr/bin/unattended-upgrade'
  const APT_FILE = '/etc/apt/apt.conf.d/52surety-automatic-updates'
  const INSTALL = ['-qq', 'install', '-y', '--no-install-recommends', 'unattended-upgrades']
  const apt = (...args: readonly string[]) => ['/usr/bin/apt-get', args, { DEBIAN_FRONTEND: 'noninteractive' }]

  test('install the package of automatic updates only if missing, and announce it before', async () => {
    const there = fixesOf({ isRoot: true })
    await there.fixes['os.automatic-updates']?.apply()
    expect([there.fixes['os.automatic-updates']?.changes.length, there.calls]).toEqual([1, [APT_FILE]])
    const missing = fixesOf({ isRoot: true, exists: NO_PACKAGE })
    expect(missing.fixes['os.automatic-updates']?.changes[0]).toMatch(/^installs the package unattended-upgrades/)
    expect(missing.calls).toEqual([])
    await missing.fixes['os.automatic-updates']?.apply()
    expect(missing.calls).toEqual([apt(...INSTALL), APT_FILE])
  })

  test('fetch the package lists if there are none, and write nothing if that fails', async () => {
    const calls: unknown[] = []
    const failures = [1, 0, 0]
    const run = async (...call: readonly unknown[]) => {
      calls.push(call)
      return failures.shift() ?? 1
    }
    const init = { isRoot: true, exists: NO_PACKAGE, run, writeFile: async (path: string) => void calls.push(path) }
    await fixesOf(init).fixes['os.automatic-updates']?.apply()
    expect(calls).toEqual([apt(...INSTALL), apt('-qq', 'update'), apt(...INSTALL), APT_FILE])
    calls.length = 0
    await expect(fixesOf(init).fixes['os.automatic-updates']?.apply()).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('check the network and the sources of apt'),
    })
    expect(calls).not.toContain(APT_FILE)
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
  for (const part of ['prompts and answers of agents', 'Who sees it', 'auditors']) expect(out).toContain(part)
  const german = (await run('privacy --lang de', noDaemon)).out
  for (const part of ['Nie gesammelt', 'Eingaben und Antworten', 'Wer es sieht', 'kein Verzeichnis']) {
    expect(german).toContain(part)
  }
  const last = JSON.parse((await run('privacy --last')).out)
  expect(last).toEqual({ schema: 'surety/last-batch@1', claims: { findings: sampleStatus().findings }, leftOut: 2 })
})

test('flare writes one new file that names its content and hides secrets', async () => {
  const saved: string[] = []
  const saveNew = async (path: string, bytes: Uint8Array) => {
    saved.push(path, Buffer.from(bytes.subarray(0, 2)).toString())
  }
  const daemon = daemonWith(sampleStatus())
  const config = async () => ({
    entries: [{ key: 'pkcs11.pinFile', value: '/secret/pin', origin: 'file' as const }],
  })
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
