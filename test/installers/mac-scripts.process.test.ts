import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The scripts of the package for macOS, with stand-ins for its tools. They were never run on a Mac. */

const SCRIPTS = resolve(import.meta.dirname, '../../installers/darwin')
const NEW = '1.10.0'
const asRoot = process.getuid?.() === 0 ? describe : describe.skip

asRoot('on a Mac of the test', () => {
  let folder: ReturnType<typeof temporaryFolder>
  const at = (...names: readonly string[]) => join(folder.path, ...names)
  const write = (name: string, text: string, mode = 0o644) => {
    mkdirSync(join(at(name), '..'), { recursive: true })
    writeFileSync(at(name), text)
    chmodSync(at(name), mode)
  }
  const tool = (name: string, ...lines: readonly string[]) =>
    write(`tools/${name}`, ['#!/bin/sh', ...lines, ''].join('\n'), 0o755)

  beforeEach(() => {
    folder = temporaryFolder()
    chmodSync(folder.path, 0o755)
    const log = `echo "$(basename "$0") $*" >> ${at('calls')}`
    tool('pkgutil', log, `[ "$1" = --pkg-info ] && cat ${at('receipt')}`)
    tool(
      'ps',
      `echo '  0 /sbin/launchd'; [ ! -e ${at('tray')} ] || echo '501 ${at('Library/Surety/Surety.app/Contents/MacOS/surety-tray')}'`,
    )
    tool('stat', 'echo 501')
    tool('sleep', 'exit 0')
    tool('id', `if [ -e ${at('is-user')} ]; then echo 501; else echo 0; fi`)
    tool(
      'launchctl',
      log,
      `case "$1 $2" in`,
      `  'print system/org.surety.suretyd') [ -e ${at('running')} ] ;;`,
      `  'bootout system/org.surety.suretyd') [ -e ${at('stuck')} ] || rm -f ${at('running')} ;;`,
      `  'bootstrap system') rm ${at('busy')} 2> /dev/null && exit 5; [ ! -e ${at('broken')} ] && touch ${at('running')} ;;`,
      'esac',
    )
    write('Library/Surety/node', 'new')
  })
  afterEach(() => folder[Symbol.dispose]())

  /** In the folder of the test, and with its tools. */
  function run(name: string, ...args: readonly string[]) {
    const text = readFileSync(join(SCRIPTS, name), 'utf8')
      .replaceAll('@VERSION@', NEW)
      .replace('PATH=', `PATH=${at('tools')}:`)
      .replaceAll(/(?<![\w}])(\/Library|\/etc|\/var\/run)\//g, `${folder.path}$1/`)
      .replaceAll('$root/Library', `$root${folder.path}/Library`)
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-s', '--', ...args], { input: text, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
  const install = (name: string, pkg = at('surety.pkg')) => run(`scripts/${name}`, pkg, '/', '/', '/')
  const calls = () => (existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n') : [])
  const done = { status: 0, stdout: '', stderr: '' }

  test.each(['1.9.9', '1.10.0', '1.2', '0.99.99', ''])('installs over %j', (version) => {
    if (version !== '') write('receipt', `package-id: org.surety.surety\nversion: ${version}\n`)
    expect(install('preinstall')).toEqual(done)
  })

  test.each(['1.10.1', '1.11', '2.0.0', '10.0'])('refuses to replace %s, and ends nothing', (version) => {
    write('receipt', `version: ${version}\n`)
    write('running', '')
    const { status, stderr } = install('preinstall')
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`version ${version} is installed, and ${NEW} is older`),
    ])
    expect(calls().filter((call) => call.includes('bootout'))).toEqual([])
  })

  test('a receipt without programs refuses nothing', () => {
    write('receipt', 'version: 9.0\n')
    rmSync(at('Library/Surety'), { recursive: true })
    expect(install('preinstall')).toEqual(done)
  })

  test('ends the icon of each user and the daemon, and waits for it', () => {
    write('running', '')
    write('tray', '')
    expect(install('preinstall')).toEqual(done)
    expect(calls()).toContain('launchctl bootout gui/501/org.surety.tray')
    expect(existsSync(at('running'))).toBe(false)
  })

  test('does not install over a daemon that does not end', () => {
    write('running', '')
    write('stuck', '')
    expect(install('preinstall')).toMatchObject({ status: 1, stderr: 'surety: the running daemon does not end\n' })
  })

  test('removes what an older version left, and nothing else', () => {
    for (const name of [
      'files',
      'node',
      'suretyd/suretyd.mjs',
      'suretyd/packages/a b.cjs',
      'old',
      'suretyd/gone/old.cjs',
    ])
      write(`Library/Surety/${name}`, '')
    write('Library/Surety/files', './files\n./node\n./suretyd/packages/a b.cjs\n./suretyd/suretyd.mjs\n')
    write('Library/Application Support/Surety/state/chain', '')
    expect(install('postinstall')).toEqual(done)
    expect(readdirSync(at('Library/Surety'), { recursive: true }).toSorted()).toEqual([
      ...['daemon', 'daemon/node', 'files', 'node'],
      ...['suretyd', 'suretyd/packages', 'suretyd/packages/a b.cjs', 'suretyd/suretyd.mjs'],
    ])
    expect(existsSync(at('Library/Application Support/Surety/state/chain'))).toBe(true)
  })

  test('removes nothing without a list', () => {
    expect(install('postinstall')).toEqual(done)
    expect(existsSync(at('Library/Surety/node'))).toBe(true)
  })

  describe('the node of the daemon', () => {
    const own = () => at('Library/Surety/daemon/node')
    const modesOf = (...names: readonly string[]) =>
      spawnSync('/usr/bin/stat', ['-c', '%a %u', ...names.map((name) => at('Library/Surety', name))], {
        encoding: 'utf8',
      }).stdout

    test('is a copy that root alone can start and read, and that of users stays as it was', () => {
      write('Library/Surety/node', 'new', 0o755)
      expect(install('postinstall')).toEqual(done)
      expect(readFileSync(own(), 'utf8')).toBe('new')
      expect(modesOf('daemon', 'daemon/node', 'node')).toBe('700 0\n500 0\n755 0\n')
    })

    test('is a clone where the system makes one', () => {
      tool('cp', `echo "cp $*" >> ${at('calls')}`, `[ "$1" = -c ] && shift`, 'exec /usr/bin/cp "$@"')
      expect(install('postinstall')).toEqual(done)
      expect(calls().filter((call) => call.startsWith('cp'))).toEqual([
        `cp -c ${at('Library/Surety/node')} ${at('Library/Surety/daemon.new/node')}`,
      ])
    })

    test('is replaced by that of a newer version, with any files there', () => {
      for (const name of ['daemon/node', 'daemon/old', 'daemon.new/half']) write(`Library/Surety/${name}`, 'old', 0o777)
      expect(install('postinstall')).toEqual(done)
      expect(install('postinstall')).toEqual(done)
      expect([readFileSync(own(), 'utf8'), readdirSync(at('Library/Surety')).toSorted()]).toEqual([
        'new',
        ['daemon', 'node'],
      ])
    })

    test.each<[string, () => void]>([
      ['no node', () => rmSync(at('Library/Surety/node'))],
      ['a full disk', () => tool('cp', 'for to in "$@"; do :; done', 'echo half > "$to"', 'exit 1')],
      ['a mode that cannot be set', () => tool('chmod', '[ "$1" = 500 ] && exit 1', 'exec /usr/bin/chmod "$@"')],
    ])('%s ends the install before the daemon starts, and leaves no half of it', (_, make) => {
      make()
      expect(install('postinstall')).toMatchObject({ status: 1, stderr: expect.stringContaining('cannot be made') })
      expect([existsSync(own()), existsSync(at('Library/Surety/daemon.new')), existsSync(at('running'))]).toEqual([
        ...[false, false, false],
      ])
    })
  })

  test('starts the daemon, also when launchd is busy, and the icon of the user', () => {
    write('busy', '')
    write('Library/LaunchAgents/org.surety.tray.plist', '')
    expect(install('postinstall')).toEqual(done)
    expect(calls().filter((call) => call.includes('bootstrap system'))).toHaveLength(2)
    expect(calls().at(-1)).toBe(`launchctl bootstrap gui/501 ${at('Library/LaunchAgents/org.surety.tray.plist')}`)
  })

  test('says when launchd does not start the daemon', () => {
    write('broken', '')
    expect(install('postinstall')).toMatchObject({ status: 1, stderr: 'surety: launchd does not start the daemon\n' })
  })

  describe('an enrolment string beside the package', () => {
    const kept = () => at('Library/Application Support/Surety/enrolment')

    test('is taken, for root alone, and is gone afterwards', () => {
      write('media of it/surety.enrolment', 'surety-enrol:x\n', 0o600)
      expect(install('postinstall', at('media of it/surety.pkg'))).toEqual(done)
      expect(readFileSync(kept(), 'utf8')).toBe('surety-enrol:x\n')
      expect(spawnSync('/usr/bin/stat', ['-c', '%a %u', kept()], { encoding: 'utf8' }).stdout).toBe('600 0\n')
      expect(existsSync(at('media of it/surety.enrolment'))).toBe(false)
    })

    test.each<[string, () => void]>([
      ['a link', () => symlinkSync('/etc/hostname', at('media/surety.enrolment'))],
      ['a folder', () => mkdirSync(at('media/surety.enrolment'))],
      [
        'a file of a user',
        () => {
          write('media/surety.enrolment', 'x')
          spawnSync('/usr/bin/chown', ['12345', at('media/surety.enrolment')])
        },
      ],
      ['a file that others can change', () => write('media/surety.enrolment', 'x', 0o666)],
      [
        'a file in a folder that others can change',
        () => {
          write('media/surety.enrolment', 'x')
          chmodSync(at('media'), 0o777)
        },
      ],
      [
        'a file in a folder of a user',
        () => {
          write('media/surety.enrolment', 'x')
          spawnSync('/usr/bin/chown', ['12345', at('media')])
        },
      ],
    ])('does not take %s, and continues with the rest', (_, make) => {
      mkdirSync(at('media'))
      make()
      const { status, stderr } = install('postinstall', at('media/surety.pkg'))
      expect([status, stderr]).toEqual([
        0,
        expect.stringContaining('was not taken: users other than root can change it'),
      ])
      expect([existsSync(kept()), existsSync(at('running'))]).toEqual([false, true])
    })
  })

  describe('uninstall', () => {
    const lists = [
      'Library/LaunchDaemons/org.surety.suretyd.plist',
      'Library/LaunchAgents/org.surety.tray.plist',
      'etc/paths.d/surety',
    ]
    const data = ['Library/Application Support/Surety/state/chain', 'Library/Logs/Surety/suretyd.log']
    beforeEach(() => {
      for (const name of [...lists, ...data, 'running', 'tray', 'Library/Other/kept']) write(name, '')
    })
    const left = (names: readonly string[]) => names.filter((name) => existsSync(at(name)))

    test('stops and removes it, and keeps its state', () => {
      expect(run('uninstall')).toEqual(done)
      expect(left(['Library/Surety', ...lists, ...data, 'running', 'Library/Other/kept'])).toEqual([
        ...data,
        'Library/Other/kept',
      ])
      expect(calls()).toContain('pkgutil --forget org.surety.surety')
      expect(run('uninstall')).toEqual(done)
    })

    test('--purge leaves nothing of it', () => {
      expect(run('uninstall', '--purge')).toEqual(done)
      expect(left(['Library/Surety', ...lists, 'Library/Application Support/Surety', 'Library/Logs/Surety'])).toEqual(
        [],
      )
      expect(left(['Library/Other/kept'])).toHaveLength(1)
    })

    test('refuses what it does not know, and users', () => {
      expect(run('uninstall', '--all')).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage') })
      write('is-user', '')
      expect(run('uninstall', '--purge')).toMatchObject({ status: 1, stderr: expect.stringContaining('only root') })
      expect(left([...lists, ...data])).toEqual([...lists, ...data])
    })
  })
})
