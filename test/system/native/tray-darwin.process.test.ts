import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { TrayDocument } from '../../../src/cli/tray/tray-document.ts'
import { trayText } from '../../../src/cli/tray/tray-formats.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/**
 * The host of the icon in the menu bar of macOS. It was never run on a Mac. Its source is compiled for one here, and with GNUstep for
 * Linux, where it runs: what is proved is what it reads, starts and makes of a document, and not what macOS shows.
 */

const ROOT = resolve(import.meta.dirname, '../../..')
const SOURCES = join(ROOT, 'native/darwin/tray')
const READER = join(ROOT, 'native/tray')
const BUILT = join(ROOT, 'native/build/surety-tray-darwin')
const OBJDUMP = '/usr/bin/llvm-objdump-19'
const NM = '/usr/bin/llvm-nm-19'

/** Declared in appkit.h, and nothing else. */
const CLASSES = [
  ...['NSApplication', 'NSAutoreleasePool', 'NSBundle', 'NSFileHandle', 'NSImage', 'NSLocale', 'NSMenu'],
  ...[
    'NSMenuItem',
    'NSMutableArray',
    'NSMutableDictionary',
    'NSNotificationCenter',
    'NSObject',
    'NSPipe',
    'NSProcessInfo',
  ],
  ...['NSRunningApplication', 'NSStatusBar', 'NSString', 'NSTask', 'NSURL', 'NSUserDefaults', 'NSWorkspace'],
  ...['UNMutableNotificationContent', 'UNNotificationRequest', 'UNUserNotificationCenter'],
]

const withClang = existsSync('/usr/bin/clang-19') && existsSync(OBJDUMP) && existsSync(NM) ? describe : describe.skip
withClang('the file for macOS', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [join(ROOT, 'scripts/build-native.ts'), '--darwin'], { stdio: 'pipe' })
  })
  const ask = (program: string, ...args: readonly string[]) => execFileSync(program, args, { encoding: 'utf8' })

  test('is for both processors, signed ad hoc, and loads what is in each macOS', () => {
    expect(ask('/usr/bin/llvm-lipo-19', '-archs', BUILT).trim().split(' ').toSorted()).toEqual(['arm64', 'x86_64'])
    expect(ask(OBJDUMP, '--macho', '--private-headers', '--arch=arm64', BUILT)).toContain('LC_CODE_SIGNATURE')
    const libraries = ask(OBJDUMP, '--macho', '--dylibs-used', '--arch=arm64', BUILT)
    const names = [...libraries.matchAll(/^\s+(\S+) \(/gm)].map(([, path = '']) => path.split('/').at(-1))
    expect(names.toSorted()).toEqual([
      'AppKit',
      'CoreFoundation',
      'Foundation',
      'UserNotifications',
      'libSystem.B.dylib',
      'libobjc.A.dylib',
    ])
  })

  test('calls only what is declared', () => {
    const undefinedNames = ask(NM, '--undefined-only', '--just-symbol-name', '--arch=arm64', BUILT).trim().split('\n')
    const classes = undefinedNames.flatMap((name) => /^_OBJC_CLASS_\$_(.*)$/.exec(name)?.[1] ?? [])
    expect(classes.toSorted()).toEqual(CLASSES)
    const others = undefinedNames.filter((name) => !name.startsWith('_OBJC_'))
    const known =
      /^_(_?NSConcreteGlobalBlock|__CFConstantStringClassReference|NS\w+(Notification|DataItem)|_?objc_\w+|_?exit|free|kill|malloc|printf|puts|signal|strcmp|__stack_chk_\w+|memcpy|memset|bzero)$|^dyld_stub_binder$/
    expect(others.filter((name) => !known.test(name))).toEqual([])
  })
})

const COMPILER = '/usr/bin/clang-19'
/** Of the runtime for Objective-C, whose headers lie beside those of gcc. */
const OBJC = '/usr/lib/gcc/x86_64-linux-gnu/14'
const GNUSTEP = [
  join(OBJC, 'include/objc/objc.h'),
  '/usr/include/x86_64-linux-gnu/GNUstep/AppKit/AppKit.h',
  '/usr/bin/Xvfb',
  COMPILER,
]
const missing = GNUSTEP.find((path) => !existsSync(path))
const onGnustep = missing === undefined ? describe : describe.skip
onGnustep(`with GNUstep${missing === undefined ? '' : ` (skipped: ${missing} is missing)`}`, () => {
  const folder = temporaryFolder()
  const at = (...names: readonly string[]) => join(folder.path, ...names)
  const host = at('surety-tray')
  let screen: ReturnType<typeof spawn>
  let display = ''

  beforeAll(async () => {
    const flags = [
      ...[
        '-std=gnu11',
        '-fexceptions',
        '-fobjc-exceptions',
        '-fgnu-runtime',
        '-fconstant-string-class=NSConstantString',
      ],
      ...[
        '-D_NATIVE_OBJC_EXCEPTIONS',
        '-DGNUSTEP',
        '-DGNUSTEP_BASE_LIBRARY=1',
        '-DGNU_GUI_LIBRARY=1',
        '-DGNU_RUNTIME=1',
      ],
      ...['-idirafter', join(OBJC, 'include'), `-L${OBJC}`, '-I/usr/include/x86_64-linux-gnu/GNUstep', '-O1', '-w'],
    ]
    const sources = [SOURCES, READER].flatMap((from) => readdirSync(from).map((name) => join(from, name)))
    const units = sources.filter((path) => /\.[cm]$/.test(path))
    const build = (from: readonly string[], output: string) => {
      const libraries = ['-lgnustep-gui', '-lgnustep-base', '-lobjc', '-lm']
      const built = spawnSync(COMPILER, [...flags, ...from, '-o', output, ...libraries], { encoding: 'utf8' })
      expect([built.status, built.stderr]).toEqual([0, ''])
    }
    build(units, host)
    const parts = ['answer.m', 'notices.m', 'surety.m'].map((name) => join(SOURCES, name))
    build([join(import.meta.dirname, 'tray-answer-probe.m'), ...parts], at('probe'))
    mkdirSync(at('programs/surety'), { recursive: true })
    symlinkSync(process.execPath, at('programs/node'))
    copyFileSync(join(ROOT, 'test/windows/tray/tray-program.mjs'), at('programs/surety/surety.mjs'))
    screen = spawn('/usr/bin/Xvfb', ['-displayfd', '1', '-screen', '0', '640x480x24'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [said] = await once(screen.stdout ?? screen, 'data')
    display = `:${String(said).trim()}`
  })
  afterAll(async () => {
    screen.kill()
    await once(screen, 'exit')
    folder[Symbol.dispose]()
  })

  const environment = () => ({
    HOME: folder.path,
    DISPLAY: display,
    LANG: 'C.UTF-8',
    PATH: '/usr/bin:/bin',
    SURETY_PROGRAMS: at('programs'),
    NODE_OPTIONS: '--nosuch',
  })
  const starts = (): readonly { readonly pid: number }[] =>
    readFileSync(at('programs/surety/seen.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  const printMenu = (lines: string) => {
    writeFileSync(at('programs/surety/lines'), lines)
    return spawnSync(host, ['--print-menu'], { encoding: 'utf8', env: environment() })
  }
  const item = { type: 'text', text: 'All is well' } as const
  const document: TrayDocument = {
    schema: 'surety/tray@1',
    state: 'ok',
    title: 'Surety',
    tooltip: 'Surety: well',
    visible: true,
    items: [item],
    notices: [],
  }
  const line = (changes: Partial<TrayDocument> = {}) => trayText({ ...document, ...changes }, 'lines', { watch: true })

  test('makes the menu from the document', () => {
    const items: TrayDocument['items'] = [
      { type: 'text', text: 'Gerät „MÜLLER“ & more' },
      { type: 'separator' },
      {
        type: 'menu',
        text: 'Disk',
        items: [
          item,
          { type: 'action', text: 'How to fix', arguments: ['explain', 'disk.encrypted'] },
          { type: 'menu', text: 'nothing', items: [] },
        ],
      },
      { type: 'link', text: 'What is collected', url: 'https://example.org/?a=1&b=2' },
    ]
    const { status, stdout } = printMenu(line({ state: 'attention', items }))
    expect([status, stdout]).toEqual([
      0,
      `state: attention
title: Surety
tooltip: Surety: well
visible: yes
text: Gerät „MÜLLER“ & more
---
menu: Disk
  text: All is well
  action: How to fix -> surety explain disk.encrypted
  menu: nothing (disabled)
link: What is collected -> https://example.org/?a=1&b=2
`,
    ])
    expect(starts().at(-1)).toMatchObject({
      args: ['tray', '--format', 'lines', '--watch'],
      nodeOptions: null,
      folder: '/',
    })
  })

  test.each([
    ['no document', 'it has a value that is not known', 'no document\n'],
    ['another format', 'it has a value that is not known', line().replace('@1', '@2')],
    ['a document that is cut', 'a field is missing', `${line().slice(0, -3)}\n`],
    ['a line that is too long', 'a line is too long', `${'x'.repeat(600_000)}\n`],
  ])('says that the state is not known after %s', (_, wrong, lines) => {
    const { stdout } = printMenu(lines)
    expect(stdout).toContain('state: unreachable\n')
    expect(stdout).toContain(`text: Surety's answer cannot be read: ${wrong}\n`)
  })

  /** Runs an action, and waits for the notification. */
  const answerTo = async (changes: Readonly<Record<string, string>> = {}) => {
    const probe = spawn(at('probe'), [], { env: { ...environment(), ...changes }, stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    probe.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    try {
      return await waitFor('the notification', () => (said.endsWith('\n') ? said : undefined))
    } finally {
      probe.kill('SIGKILL')
      await once(probe, 'close')
    }
  }

  test('says what came of an action, in one line', async () => {
    writeFileSync(at('programs/surety/answer'), 'Geändert:\n\n  ok -> fail \u0007 漢\n')
    expect(await answerTo()).toBe('notice: Check again: Geändert: ok -> fail 漢 surety: a complaint\n')
    expect(starts().at(-1)).toMatchObject({ args: ['check', 'two words'], nodeOptions: null, folder: '/' })
  })

  test('cuts an answer that is too long, and no character in half', async () => {
    writeFileSync(at('programs/surety/answer'), `x${'é'.repeat(20_000)}`)
    expect(await answerTo()).toBe(`notice: Check again: x${'é'.repeat(510)}\n`)
  })

  test('says when the command line is missing', async () => {
    expect(await answerTo({ SURETY_PROGRAMS: at('nowhere') })).toBe('notice: Check again: Surety cannot be started.\n')
  })

  test('ends what it started when it is ended', async () => {
    writeFileSync(at('programs/surety/lines'), '')
    const running = spawn(host, [], { env: environment(), stdio: 'ignore' })
    const before = starts().length
    const pid = await waitFor('the command line', () => starts().slice(before).at(-1)?.pid)
    running.kill('SIGTERM')
    await once(running, 'exit')
    await waitFor('its end', () => !existsSync(`/proc/${pid}`))
  })

  test('starts the command line again when it ends, and reports that it ended', async () => {
    const before = starts().length
    writeFileSync(at('programs/surety/crash'), '')
    const { stdout } = printMenu('')
    expect(stdout).toContain("text: Surety's answer cannot be read: the command line ended\n")
    expect(starts().length - before).toBe(3)
    rmSync(at('programs/surety/crash'))
  })

  test('refuses arguments that it does not know', () => {
    expect(spawnSync(host, ['--nosuch'], { encoding: 'utf8' })).toMatchObject({
      status: 2,
      stdout: 'Usage: surety-tray [--print-menu]\n',
    })
  })
})
