import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { VERSION } from '../../src/base/version.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { rendered, textOf, VALUES } from './rendered.ts'

/** Scripts of the shell as they run, with programs of ours in the place of `surety`, `launchctl`, `apt-get` and `systemctl`. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const root = process.geteuid?.() === 0 ? test : test.skip
let count = 0

interface Machine {
  readonly root: string
  /** Makes a command of the machine. @param path one with a slash is absolute there. */
  has(path: string, script: string): void
  file(path: string): string
  run(
    script: string,
    args?: readonly string[],
    env?: Record<string, string>,
  ): { code: number | null; said: string; err: string }
  /** What the commands of the machine were called with. */
  calls(): readonly string[]
}

/** A machine in a folder: `/Library`, `/etc` and `/var` of scripts are there, and programs besides those of coreutils. */
function machine(): Machine {
  const place = join(folder.path, String(count++))
  const bin = join(place, 'bin')
  mkdirSync(bin, { recursive: true })
  for (const tool of ['cat', 'chmod', 'cmp', 'head', 'install', 'mkdir', 'mv', 'printf', 'rm', 'sort']) {
    symlinkSync(`/usr/bin/${tool}`, join(bin, tool))
  }
  const log = join(place, 'calls')
  writeFileSync(log, '')
  return {
    root: place,
    has(path, script) {
      const file = path.includes('/') ? join(place, path) : join(bin, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `#!/bin/sh\necho "\${0##*/} $*" >> '${log}'\n${script}\n`)
      chmodSync(file, 0o755)
    },
    file: (path) => join(place, path),
    run(script, args = [], env = {}) {
      // Every one: what is left out would write to this machine.
      const moved = script.replace(/\/(Library|etc|var)\b/g, `${place}/$1`)
      const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', moved, 'script', ...args], {
        env: { PATH: bin, ...env },
        encoding: 'utf8',
      })
      return { code: status, said: stdout, err: stderr }
    },
    calls: () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean),
  }
}

const script = (target: 'jamf' | 'kandji' | 'jumpcloud', name: string, settings?: readonly string[]) =>
  textOf(rendered(target, settings), name)
const SURETY = 'Library/Surety/bin/surety'
const suretyWith = (code: number, version = VERSION) =>
  `case $1 in version) echo ${version} ;; status) exit ${code} ;; esac`
const LINE = 'surety1.example'
const LOCK = '-o DPkg::Lock::Timeout=300'

describe('enrol.sh for macOS', () => {
  const enrolment = 'Library/Application Support/Surety/enrolment'

  test.each([
    ['jamf', ['/', 'host', 'user', LINE], {}],
    ['kandji', [], { ENROLMENT: LINE }],
  ] as const)('of %s writes the string for root alone', (target, args, env) => {
    const mac = machine()
    expect(mac.run(script(target, 'macos/enrol.sh'), args, env)).toEqual({ code: 0, said: '', err: '' })
    expect(readFileSync(mac.file(enrolment), 'utf8')).toBe(`${LINE}\n`)
    expect(statSync(mac.file(enrolment)).mode & 0o777).toBe(0o600)
  })

  test('replaces an old string whole', () => {
    const mac = machine()
    mkdirSync(dirname(mac.file(enrolment)), { recursive: true })
    writeFileSync(mac.file(enrolment), 'old', { mode: 0o644 })
    expect(mac.run(script('kandji', 'macos/enrol.sh'), [], { ENROLMENT: LINE }).code).toBe(0)
    expect([readFileSync(mac.file(enrolment), 'utf8'), statSync(mac.file(enrolment)).mode & 0o777]).toEqual([
      ...[`${LINE}\n`, 0o600],
    ])
    expect(existsSync(`${mac.file(enrolment)}.new`)).toBe(false)
  })

  test.each<[string, readonly string[], Record<string, string>, (mac: Machine) => void, RegExp]>([
    ['no string', [], {}, () => undefined, /there is no enrolment string/],
    [
      'a link in its place',
      [],
      { ENROLMENT: LINE },
      (mac) => {
        mkdirSync(dirname(mac.file(enrolment)), { recursive: true })
        symlinkSync('/etc/passwd', mac.file(enrolment))
      },
      /enrolment is a link/,
    ],
    [
      'a link in the place of its folder',
      [],
      { ENROLMENT: LINE },
      (mac) => {
        mkdirSync(mac.file('Library/Application Support'), { recursive: true })
        mkdirSync(mac.file('elsewhere'))
        symlinkSync(mac.file('elsewhere'), mac.file('Library/Application Support/Surety'))
      },
      /is a link/,
    ],
  ])('refuses %s', (_, args, env, spoil, words) => {
    const mac = machine()
    spoil(mac)
    const { code, err } = mac.run(script('kandji', 'macos/enrol.sh'), args, env)
    expect(code).not.toBe(0)
    expect(err).toMatch(words)
    expect(existsSync(mac.file('elsewhere/enrolment'))).toBe(false)
  })

  test.each([
    [3, true],
    [0, false],
    [4, false],
    [6, false],
  ])('with a daemon whose status ends with %d: writes it: %s', (status, isWritten) => {
    const mac = machine()
    mac.has(SURETY, suretyWith(status))
    const { code, said } = mac.run(script('kandji', 'macos/enrol.sh'), [], { ENROLMENT: LINE })
    expect(code).toBe(0)
    expect(said.includes('does not answer')).toBe(status === 6)
    expect(existsSync(mac.file(enrolment))).toBe(isWritten)
  })
})

describe('audit.sh for macOS', () => {
  test.each<[string, number, string, number, number, RegExp]>([
    ['compliant', 0, VERSION, 0, 0, /runs/],
    ['not compliant, which is an answer', 4, VERSION, 0, 0, /runs/],
    ['a later version', 0, '10.2.0', 0, 0, /10\.2\.0 runs/],
    ['an older version', 0, '0.0.9', 0, 1, /0\.0\.9 is older/],
    ['a service that is not loaded', 0, VERSION, 113, 1, /not loaded/],
    ['a daemon that does not answer', 6, VERSION, 0, 1, /does not answer/],
  ])('%s', (_, status, version, launchctl, code, words) => {
    const mac = machine()
    mac.has(SURETY, suretyWith(status, version))
    mac.has('launchctl', `exit ${launchctl}`)
    const ended = mac.run(script('kandji', 'macos/audit.sh'))
    expect([ended.code, ended.err]).toEqual([code, ''])
    expect(ended.said).toMatch(words)
  })

  test('nothing installed', () => {
    expect(machine().run(script('kandji', 'macos/audit.sh'))).toEqual({
      code: 1,
      said: 'Surety is not installed\n',
      err: '',
    })
  })
})

test.each([
  [0, 'compliant'],
  [3, 'not enrolled'],
  [4, 'not compliant'],
  [5, 'agents are stopped'],
  [6, 'suretyd does not answer'],
  [1, 'unknown'],
  [139, 'unknown'],
])('the extension attribute of Jamf Pro for exit code %d is %s', (status, words) => {
  const mac = machine()
  mac.has(SURETY, suretyWith(status))
  expect(mac.run(script('jamf', 'macos/extension-attribute.sh')).said).toBe(`<result>${words}</result>\n`)
})

test.each([
  [0, ['launchctl print system/org.surety.suretyd', 'launchctl kickstart -k system/org.surety.suretyd']],
  [
    113,
    [
      'launchctl print system/org.surety.suretyd',
      expect.stringMatching(/^launchctl bootstrap system .*\/Library\/LaunchDaemons\/org\.surety\.suretyd\.plist$/),
      'launchctl kickstart -k system/org.surety.suretyd',
    ],
  ],
])('remediate.sh for macOS starts a service that launchctl reports as %d', (status, calls) => {
  const mac = machine()
  mac.has(SURETY, 'exit 0')
  mac.has('launchctl', `[ "$1" != print ] || exit ${status}`)
  expect(mac.run(script('jumpcloud', 'macos/remediate.sh')).code).toBe(0)
  expect(mac.calls()).toEqual(calls)
})

describe('install.sh for Linux', () => {
  const linux = (status?: number) => {
    const made = machine()
    made.has('apt-get', 'exit 0')
    made.has('systemctl', `[ "$1" != is-active ] || exit ${status === undefined ? 3 : 0}`)
    if (status !== undefined) made.has('surety', suretyWith(status))
    return made
  }
  const settingsFile = 'etc/surety/managed.d/50-mdm.json'

  root('(root) writes settings and string before it installs', () => {
    const made = linux()
    made.has('apt-get', `[ "$4" = update ] || [ -e '${made.file(settingsFile)}' ]`)
    expect(made.run(script('jumpcloud', 'linux/install.sh'), [], { ENROLMENT: LINE })).toEqual({
      code: 0,
      said: '',
      err: '',
    })
    expect(JSON.parse(readFileSync(made.file(settingsFile), 'utf8'))).toEqual(VALUES)
    expect(statSync(made.file(settingsFile)).mode & 0o777).toBe(0o644)
    expect(readFileSync(made.file('etc/surety/enrolment'), 'utf8')).toBe(`${LINE}\n`)
    expect(statSync(made.file('etc/surety/enrolment')).mode & 0o777).toBe(0o600)
    expect(made.calls()).toEqual([
      'systemctl is-active --quiet suretyd.service',
      ...[`apt-get -q ${LOCK} update`, `apt-get -q ${LOCK} install -y surety`, 'systemctl start suretyd.service'],
    ])
  })

  root('(root) starts a running daemon again only for other settings', () => {
    const made = linux(4)
    const last = (settings?: readonly string[]) => {
      expect(made.run(script('jumpcloud', 'linux/install.sh', settings)).code).toBe(0)
      return made.calls().at(-1)
    }
    expect(last()).toBe('systemctl restart suretyd.service')
    expect(last()).toBe('systemctl start suretyd.service')
    expect(last(['log.level=debug'])).toBe('systemctl restart suretyd.service')
    expect(last([])).toBe('systemctl restart suretyd.service')
    expect(existsSync(made.file(settingsFile))).toBe(false)
    expect(last([])).toBe('systemctl start suretyd.service')
  })

  root.each([
    [3, true],
    [0, false],
    [6, false],
  ])('(root) with a daemon whose status ends with %d: writes the string: %s', (status, isWritten) => {
    const made = linux(status)
    expect(made.run(script('jumpcloud', 'linux/install.sh', []), [], { ENROLMENT: LINE }).code).toBe(0)
    expect(existsSync(made.file('etc/surety/enrolment'))).toBe(isWritten)
    expect(existsSync(made.file(settingsFile))).toBe(false)
  })

  root('(root) uses dnf where there is no apt-get, and refuses where there is neither', () => {
    const fedora = machine()
    fedora.has('dnf', 'exit 0')
    fedora.has('systemctl', 'exit 0')
    expect(fedora.run(script('jumpcloud', 'linux/install.sh')).code).toBe(0)
    expect(fedora.calls()).toContain('dnf -q -y install surety')
    const bare = machine()
    bare.has('systemctl', 'exit 3')
    const ended = bare.run(script('jumpcloud', 'linux/install.sh'))
    expect([ended.code, ended.err]).toEqual([1, 'neither apt-get nor dnf is here\n'])
  })

  root('(root) ends with a failure of apt-get, and starts nothing', () => {
    const made = linux()
    made.has('apt-get', 'exit 100')
    expect(made.run(script('jumpcloud', 'linux/install.sh')).code).toBe(100)
    expect(made.calls().at(-1)).toEqual(`apt-get -q ${LOCK} update`)
  })

  root('(root) refuses a link in the place of the string', () => {
    const made = linux()
    mkdirSync(made.file('etc/surety'), { recursive: true })
    symlinkSync('/etc/passwd', made.file('etc/surety/enrolment'))
    const { code, err } = made.run(script('jumpcloud', 'linux/install.sh'), [], { ENROLMENT: LINE })
    expect([code, err]).toEqual([1, expect.stringMatching(/is a link/)])
    expect(made.calls()).toEqual([])
  })

  test.each([
    [undefined, 1, /not installed/],
    [0, 0, /runs/],
    [5, 0, /runs/],
    [6, 1, /does not answer/],
    [1, 1, /does not answer/],
  ])('detect.sh with a daemon whose status ends with %p ends with %d', (status, code, words) => {
    const ended = linux(status).run(script('jumpcloud', 'linux/detect.sh'))
    expect([ended.code, ended.said]).toEqual([code, expect.stringMatching(words)])
  })
})

test.each([
  [0, 'compliant'],
  [3, 'not enrolled'],
  [4, 'not compliant'],
  [5, 'agents are stopped'],
  [6, 'suretyd does not answer'],
  [1, 'unknown'],
  [undefined, 'not installed'],
])('compliance.sh for Intune with a status that exits with %p prints %s as JSON', (status, words) => {
  const made = machine()
  if (status !== undefined) made.has('surety', `echo '{'; ${suretyWith(status)}`)
  const files = rendered('intune')
  const ended = made.run(textOf(files, 'linux/compliance.sh'))
  expect([ended.code, ended.said.trimEnd().split('\n'), ended.err]).toEqual([0, [expect.any(String)], ''])
  const { Rules: rules } = JSON.parse(textOf(files, 'linux/compliance.json'))
  expect(Object.keys(JSON.parse(ended.said))).toEqual(rules.map((rule: { SettingName: string }) => rule.SettingName))
  expect(JSON.parse(ended.said)[rules[0].SettingName]).toBe(words)
  expect(rules[0].Operand === words).toBe(status === 0)
})

/** Up to the installation of the package, which `test/installed` has. */
const hasAnsible = process.geteuid?.() === 0 && existsSync('/usr/bin/ansible-playbook')
;(hasAnsible ? test : test.skip)(
  '(root) Ansible writes the settings and the string, and runs no template in them',
  () => {
    const place = join(folder.path, 'ansible')
    const template = 'support.url=https://example.org/{{7*7}}'
    for (const { name, text } of rendered('ansible', [
      'support.owner={{ 7 * 7 }} {% if 1 %}',
      template,
      'log.maxFiles=7',
    ])) {
      const path = join(place, name)
      mkdirSync(dirname(path), { recursive: true })
      const [tasks = ''] = text.split('- name: Install Surety\n  ansible.builtin.package')
      writeFileSync(path, tasks.replace(/\/etc\b/g, `${place}/etc`).replace('hosts: laptops', 'hosts: all'))
    }
    mkdirSync(join(place, 'etc'))
    // The handler is for the systemd of a whole machine.
    writeFileSync(
      join(place, 'roles/surety/handlers/main.yml'),
      '- name: Restart suretyd\n  ansible.builtin.meta: noop\n',
    )
    const given = ['-e', 'surety_enrolment=surety1.example', '-e', 'ansible_python_interpreter=/usr/bin/python3']
    const { status, stdout } = spawnSync(
      '/usr/bin/ansible-playbook',
      ['-i', 'laptop,', '-c', 'local', '-v', ...given, 'surety.yml'],
      { cwd: place, encoding: 'utf8', env: { PATH: '/usr/bin:/bin', HOME: place, LC_ALL: 'C.UTF-8' } },
    )
    expect([status, stdout]).toEqual([0, expect.not.stringContaining('surety1.example')])
    expect(JSON.parse(readFileSync(join(place, 'etc/surety/managed.d/50-mdm.json'), 'utf8'))).toEqual({
      'support.owner': '{{ 7 * 7 }} {% if 1 %}',
      'support.url': 'https://example.org/{{7*7}}',
      'log.maxFiles': 7,
    })
    expect(readFileSync(join(place, 'etc/surety/enrolment'), 'utf8')).toBe('surety1.example\n')
    expect(statSync(join(place, 'etc/surety/enrolment')).mode & 0o777).toBe(0o600)
  },
)
