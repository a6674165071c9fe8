import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TrayDocument } from '../../../src/cli/tray/tray-document.ts'
import { trayText } from '../../../src/cli/tray/tray-formats.ts'
import { type WaitInit, waitFor as waitForLong } from '../../support/wait-for.ts'
import { openWindows, type Windows, type WindowsProgram, windowsAbsence } from '../../support/windows/windows.ts'
import { type TrayLayout, trayLayout } from './tray-layout.ts'

/**
 * The tray host with a command line and a notification area that stand in for the real ones. Wine has no screen here. What is not proved
 * is how Windows draws the icon, the menu and the notices, and that a screen reader reads them.
 */

const absent = windowsAbsence()
const onWine = absent === undefined ? test : test.skip
const SKIPPED = absent === undefined ? '' : ` (skipped: ${absent})`

const NAME = 'Surety & Söhne 漢'
const WITHIN_MS = 30_000
const DOWN = '0x28'
const RIGHT = '0x27'
const ENTER = '0x0d'
const ESCAPE = '0x1b'
/** Of a notice: Windows has shown it. */
const NOTICE_HIDDEN = '0x403'

const document: TrayDocument = {
  schema: 'surety/tray@1',
  state: 'ok',
  title: 'Surety',
  tooltip: 'Surety: all is well',
  visible: true,
  items: [{ type: 'text', text: 'All is well' }],
  notices: [],
}
const LINE = trayText(document, 'lines', { watch: true }).trimEnd()
const disk = { id: 'disk', title: 'Disk is not encrypted', text: 'Turn on BitLocker.', urgency: 'critical' } as const
const stopped = { id: 'stop-7', title: 'Ägent stopped', text: 'By order of IT.', urgency: 'normal' } as const
const ARGUMENTS = [
  'explain',
  'disk.encrypted',
  '',
  'with space',
  'a "quoted" \\"word\\',
  'back\\\\slash\\',
  '%PATH%',
  '漢 & <x>|^',
]

let windows: Windows
let layout: TrayLayout
let area: WindowsProgram
let tray: WindowsProgram

if (absent === undefined) {
  beforeAll(async () => {
    windows = openWindows()
    await windows.writeRegistry({ 'HKEY_CURRENT_USER\\Software\\Wine\\Drivers': { Graphics: 'null' } })
    const browser = '"C:\\Program Files\\nodejs\\node.exe" C:\\opened.cjs "%1"'
    const command = ['add', 'HKCR\\https\\shell\\open\\command', '/ve', '/d', browser, '/f']
    expect(await windows.runProgram('reg', command)).toMatchObject({ status: 0 })
    writeFileSync(
      join(windows.driveC, 'opened.cjs'),
      `require('fs').appendFileSync('C:/opened', process.argv[2] + '\\n')`,
    )
    await windows.restart()
    layout = trayLayout(windows, NAME)
  })
  afterAll(() => windows[Symbol.dispose]())
}

function waitFor<T>(what: string, look: () => T | Promise<T>, init: WaitInit<T> = {}) {
  const show = async () => ({
    told: told().slice(-20),
    seen: layout.seen().slice(-3),
    host: tray.output(),
    ended: await Promise.race([tray.ended, 'no']),
  })
  return waitForLong(what, look, { until: Boolean, show, ...init, withinMs: WITHIN_MS })
}

/** What the notification area was told, one text for each call. */
const told = () =>
  area
    .output()
    .stdout.replaceAll('\r', '')
    .split(/\n(?! {2})/)
    .filter((call) => call !== '')
const lastTold = () => told().at(-1) ?? ''
const untilTold = (text: string, count = 1) =>
  waitFor(`${count} of ${text}`, () => told().filter((call) => call.includes(text)).length, {
    until: (seen) => seen >= count,
  })
const starts = (command: string) => layout.seen().filter(({ args }) => args[0] === command)
const title = async () => (await layout.probe('title')).stdout.trim()
const untilTitle = (wanted: string) => waitFor(`the title ${wanted}`, title, { until: (seen) => seen === wanted })
const menus = async () => Number((await layout.probe('menu')).stdout)
const openMenu = async () => {
  await layout.probe('open', '300', '200')
  await waitFor('the menu', menus, { until: (count) => count === 1 })
}
const press = async (...keys: readonly string[]) => {
  for (const key of keys) await layout.probe('key', key)
}
const processes = async () => (await windows.runProgram('tasklist', ['/fo', 'csv'])).stdout
/** The host and its command line. Wine removes a process some time after its end. */
const untilGone = (pid: number) =>
  waitFor('nothing', processes, { until: (all) => !all.includes('surety-tray') && !all.includes(`"${pid}"`) })
const printMenu = async () => (await windows.runProgram(layout.host, ['--print-menu'])).stdout.replaceAll('\r', '')

describe(`the tray host for Windows${SKIPPED}`, () => {
  onWine('answers on the command line, and refuses what it does not know', async () => {
    const run = (...args: readonly string[]) => windows.runProgram(layout.host, args)
    expect(await run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^surety-tray \d+\.\d+/) })
    expect(await run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--print-menu') })
    for (const args of [['--nosuch'], ['--quit', 'now'], ['']]) {
      expect(await run(...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage') })
    }
    expect(await run('--quit')).toMatchObject({ status: 0 })
  })

  onWine('makes the menu of Windows from the document', async () => {
    layout.say({
      ...document,
      state: 'attention',
      title: 'Surety: 1 to fix',
      items: [
        { type: 'text', text: 'Gerät „MÜLLER“ 漢字 😀' },
        { type: 'separator' },
        {
          type: 'menu',
          text: 'Disk & more',
          items: [
            { type: 'text', text: 'Turn on BitLocker' },
            { type: 'action', text: 'How to fix', arguments: ['explain', 'disk.encrypted'] },
            { type: 'menu', text: 'nothing', items: [] },
          ],
        },
        { type: 'link', text: 'What is collected', url: 'https://example.org/?a=1&b=2' },
      ],
    })
    expect(await printMenu()).toBe(`state: attention
title: Surety: 1 to fix
tooltip: Surety: all is well
visible: yes
text: Gerät „MÜLLER“ 漢字 😀
---
menu: Disk && more
  text: Turn on BitLocker
  action: How to fix -> surety explain disk.encrypted
  menu: nothing (disabled)
link: What is collected -> https://example.org/?a=1&b=2
`)
    expect(starts('tray').at(-1)).toMatchObject({ args: ['tray', '--format', 'lines', '--watch'] })
  })

  onWine.each<[string, string, readonly (TrayDocument | string)[]]>([
    ['no document', 'it has a value that is not known', ['Error: no daemon']],
    ['a document that is cut', 'a field is missing', [LINE.slice(0, -2)]],
    ['another format', 'it has a value that is not known', [LINE.replace('@1', '@2')]],
    [
      'a link to a program',
      'a link leads to another place',
      [{ ...document, items: [{ type: 'link', text: 'x', url: 'file:///C:/x.exe' }] }],
    ],
    ['a line that is too long', 'a line is too long', ['x'.repeat(600_000)]],
  ])('says that the state is not known after %s', async (_, wrong, lines) => {
    layout.say(...lines)
    expect(await printMenu()).toMatch(
      new RegExp(`^state: unreachable\ntitle: Surety: unknown\n[^]*text: Surety's answer cannot be read: ${wrong}`),
    )
  })

  onWine('waits for a notification area that is not there, and one that refuses', async () => {
    layout.say(document)
    tray = windows.startProgram(layout.host)
    await untilTitle('Surety')
    layout.refuseIcons(true)
    area = layout.startArea()
    await untilTold('refused', 2)
    layout.refuseIcons(false)
    await untilTold('version: 4')
    expect(told().slice(-2)).toEqual([
      expect.stringMatching(/^add\n {2}icon: .*\n {2}tip: Surety: all is well$/),
      expect.stringContaining('version: 4'),
    ])
  })

  onWine('shows what changed, and nothing while it is to be hidden', async () => {
    layout.say({ ...document, state: 'attention', tooltip: 'Surety: 2 to fix' })
    await untilTold('tip: Surety: 2 to fix')
    layout.say({ ...document, visible: false, notices: [disk] })
    await waitFor('it is hidden', () => lastTold().startsWith('delete'))
    layout.say({ ...document, tooltip: `Surety: ${'漢'.repeat(100)}😀` })
    await untilTold(`tip: Surety: ${'漢'.repeat(100)}😀`)
    expect(told().filter((call) => call.includes('notice'))).toEqual([])
  })

  onWine('says each notice once, and one at a time', async () => {
    layout.say({ ...document, title: 'two notices', notices: [disk, stopped] })
    await untilTold('notice: Turn on BitLocker.')
    expect(lastTold()).toBe('modify\n  title: Disk is not encrypted\n  notice: Turn on BitLocker.\n  urgency: 2')
    layout.say({ ...document, title: 'the same', notices: [disk, stopped] })
    await untilTitle('the same')
    expect(told().some((call) => call.includes('By order of IT.'))).toBe(false)
    await layout.probe('event', NOTICE_HIDDEN)
    await untilTold('title: Ägent stopped\n  notice: By order of IT.\n  urgency: 1')
    await layout.probe('event', NOTICE_HIDDEN)
    layout.say({ ...document, title: 'again', notices: [stopped, disk] })
    await untilTitle('again')
    expect(told().filter((call) => call.includes('notice'))).toHaveLength(2)
  })

  onWine('puts the icon into a new notification area', async () => {
    const before = told().filter((call) => call.startsWith('add')).length
    await layout.probe('area')
    await untilTold('add', before + 1)
  })

  onWine('starts what the keyboard chose, with the very arguments', async () => {
    layout.say({
      ...document,
      title: 'menu',
      items: [
        { type: 'text', text: 'first' },
        {
          type: 'menu',
          text: 'more',
          items: [
            { type: 'text', text: 'inner' },
            { type: 'action', text: 'go', arguments: ARGUMENTS },
          ],
        },
      ],
    })
    await untilTitle('menu')
    // A line that only says something starts nothing.
    const before = layout.seen().length
    await openMenu()
    await press(DOWN, ENTER)
    await waitFor('no menu', menus, { until: (count) => count === 0 })
    await openMenu()
    await press(DOWN, DOWN, RIGHT)
    await waitFor('the inner menu', menus, { until: (count) => count === 2 })
    await press(DOWN, ENTER)
    await waitFor('its start', () => starts('explain').length === 1)
    expect(layout.seen()).toHaveLength(before + 1)
    expect(starts('explain')[0]).toMatchObject({ args: ARGUMENTS, folder: `C:\\Program Files\\${NAME}` })
    expect(await menus()).toBe(0)
  })

  onWine('says what came of an action, in one line, and no more than a notice holds', async () => {
    const answered = (text: string) => untilTold(`title: nachsehen\n  notice: ${text}`)
    layout.say({ ...document, title: 'ask', items: [{ type: 'action', text: 'nachsehen', arguments: ['check'] }] })
    await untilTitle('ask')
    for (const [printed, told] of [
      ['Geändert:\n\n  ok -> fail \u0007 漢\n', 'Geändert: ok -> fail 漢 surety: a complaint\n'],
      ['é'.repeat(5000), 'é'.repeat(255)],
    ] as const) {
      layout.answer(printed)
      await openMenu()
      await press(DOWN, ENTER)
      await answered(told)
      await layout.probe('event', NOTICE_HIDDEN)
    }
  })

  onWine('opens a link with the program of the user, as it is', async () => {
    const url = 'https://example.org/a?b=%20&c=%25PATH%25#d'
    layout.say({ ...document, title: 'link', items: [{ type: 'link', text: 'page', url }] })
    await untilTitle('link')
    await openMenu()
    await press(DOWN, ENTER)
    const file = join(windows.driveC, 'opened')
    await waitFor('the browser', () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'))
    expect(readFileSync(file, 'utf8')).toBe(`${url}\n`)
  })

  onWine('an open menu stays what it was until it is closed', async () => {
    layout.say({ ...document, title: 'old', items: [{ type: 'action', text: 'old', arguments: ['old'] }] })
    await untilTitle('old')
    await openMenu()
    layout.say({ ...document, title: 'new', items: [{ type: 'action', text: 'new', arguments: ['new'] }] })
    await layout.probe('open', '1', '1')
    expect([await title(), await menus()]).toEqual(['old', 1])
    await press(DOWN, ENTER)
    await waitFor('its start', () => starts('old').length === 1)
    await untilTitle('new')
    expect(starts('new')).toEqual([])
    await openMenu()
    await press(ESCAPE)
    await waitFor('no menu', menus, { until: (count) => count === 0 })
    expect(starts('new')).toEqual([])
  })

  onWine('there is one in a session', async () => {
    const before = starts('tray').length
    expect(await windows.runProgram(layout.host)).toMatchObject({ status: 0 })
    expect(starts('tray')).toHaveLength(before)
  })

  onWine('starts the command line again, and says when it cannot', async () => {
    const before = starts('tray').length
    layout.crash()
    await waitFor('two more starts', () => starts('tray').length >= before + 2)
    await untilTitle('Surety: unknown')
    expect(lastTold()).toContain('tip: Surety: the state of this device is not known')
    layout.stopCrashing()
    await untilTitle('new')
  })

  onWine('shows an unreadable line at once, and recovers with the next', async () => {
    layout.say('no document')
    await untilTitle('Surety: unknown')
    layout.say({ ...document, title: 'mended' })
    await untilTitle('mended')
  })

  onWine('of many documents at once shows the last one', async () => {
    layout.say(...Array.from({ length: 3000 }, (_, index) => ({ ...document, title: `number ${index}` })))
    await untilTitle('number 2999')
    layout.say({ ...document, title: 'quiet again' })
    await untilTitle('quiet again')
  })

  onWine('removes its icon at the end of the session, and leaves nothing running', async () => {
    const pid = starts('tray').at(-1)?.pid ?? 0
    expect(await processes()).toContain(`"${pid}"`)
    expect((await layout.probe('session')).status).toBe(0)
    expect((await tray.ended).status).toBe(0)
    expect(lastTold()).toMatch(/^delete/)
    await untilGone(pid)
  })

  onWine('remembers the notices that it said, and says new ones', async () => {
    const before = told().length
    layout.say({
      ...document,
      title: 'restarted',
      notices: [disk, stopped, { ...stopped, id: 'stop-8', text: 'Another one.' }],
    })
    tray = windows.startProgram(layout.host, [], { env: { NODE_OPTIONS: '--require C:\\nowhere.cjs' } })
    await untilTold('Another one.')
    expect(
      told()
        .slice(before)
        .filter((call) => call.includes('notice')),
    ).toHaveLength(1)
  })

  onWine('starts the command line in its own folder, without options for Node', () => {
    const folder = `C:\\Program Files\\${NAME}`
    expect(starts('tray').at(-1)).toMatchObject({ folder, nodeOptions: null })
  })

  onWine('a killed one takes the command line with it', async () => {
    const pid = starts('tray').at(-1)?.pid ?? 0
    await windows.runProgram('taskkill', ['/f', '/im', 'surety-tray.exe'])
    await tray.ended
    await untilGone(pid)
  })

  onWine('--quit ends it, so that its file can be replaced', async () => {
    const before = starts('tray').length
    tray = windows.startProgram(layout.host)
    await waitFor('its start', () => starts('tray').length > before)
    expect(await windows.runProgram(layout.host, ['--quit'])).toMatchObject({ status: 0 })
    expect((await tray.ended).status).toBe(0)
    await untilGone(starts('tray').at(-1)?.pid ?? 0)
  })
})
