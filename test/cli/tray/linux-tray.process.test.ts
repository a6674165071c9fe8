import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { keptNotices } from '../../../src/cli/kept-notices.ts'
import { startLinuxTray } from '../../../src/cli/tray/linux-tray.ts'
import { ITEM_INTERFACE, ITEM_PATH, MENU_PATH } from '../../../src/cli/tray/status-notifier.ts'
import type { TrayDocument, TrayItem } from '../../../src/cli/tray/tray-document.ts'
import type { DbusInterface } from '../../../src/system/desktop/dbus-objects.ts'
import { type DbusValue, type Variant, variant } from '../../../src/system/desktop/dbus-values.ts'
import { BUS, type SessionBus } from '../../../src/system/desktop/session-bus.ts'
import { hasBus, startBus, type TestBus } from '../../support/session-bus.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The tray on a real session bus, with a panel and a notification service that only write down what they are told. */

const WATCHER = 'org.kde.StatusNotifierWatcher'
const NOTIFICATIONS = 'org.freedesktop.Notifications'
const whenPossible = hasBus ? describe : describe.skip

const ITEMS: readonly TrayItem[] = [
  { type: 'text', text: 'Surety: 1 to fix' },
  { type: 'separator' },
  { type: 'menu', text: 'The fire_wall is off', items: [{ type: 'text', text: '1. Turn it on' }] },
  { type: 'action', text: 'Check again', arguments: ['check'] },
  { type: 'link', text: 'Help', url: 'https://example.org/help' },
]

function documentWith(changes: Partial<TrayDocument> = {}): TrayDocument {
  return {
    schema: 'surety/tray@1',
    state: 'attention',
    title: 'Surety: 1 to fix',
    tooltip: 'Surety: 1 to fix. The firewall is off',
    visible: true,
    items: ITEMS,
    notices: [],
    ...changes,
  }
}

/** Offers `methods` under `name` on the bus, and keeps what it is called with. */
async function serve(
  bus: SessionBus,
  name: string,
  path: string,
  methods: Readonly<Record<string, readonly [string, string, readonly DbusValue[]]>>,
) {
  const calls: { readonly member: string; readonly args: readonly DbusValue[] }[] = []
  const offered: DbusInterface = {
    name,
    properties: {},
    signals: {},
    methods: Object.fromEntries(
      Object.entries(methods).map(([member, [given, out, answer]]) => [
        member,
        {
          in: given,
          out,
          call: (args: readonly DbusValue[]) => {
            calls.push({ member, args })
            return answer
          },
        },
      ]),
    ),
  }
  bus.offer(new Map([[path, offered]]))
  await bus.call({ ...BUS, member: 'RequestName', signature: 'su', body: [name, 4] })
  return calls
}

const startPanel = (bus: SessionBus) =>
  serve(bus, WATCHER, '/StatusNotifierWatcher', { RegisterStatusNotifierItem: ['s', '', []] })

const startNotifications = (bus: SessionBus, capabilities: readonly string[] = []) =>
  serve(bus, NOTIFICATIONS, '/org/freedesktop/Notifications', {
    GetCapabilities: ['', 'as', [capabilities]],
    Notify: ['susssasa{sv}i', 'u', [77]],
    CloseNotification: ['u', '', []],
  })

whenPossible('a tray on the bus', () => {
  let bus: TestBus
  let panel: SessionBus
  let folder: ReturnType<typeof temporaryFolder>
  const noticesFile = () => join(folder.path, 'state/surety/notices')
  const kept = () => keptNotices(noticesFile())
  beforeEach(async () => {
    folder = temporaryFolder()
    bus = await startBus()
    panel = await bus.connect()
  })
  afterEach(async () => {
    await bus[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const NAME = 'org.kde.StatusNotifierItem-4711-1'
  const start = async (
    document = documentWith(),
    run: (args: readonly string[]) => Promise<string> = async () => '',
  ) => {
    const components = { bus: await bus.connect(), run, processId: 4711, keptNotices: kept() }
    const tray = await startLinuxTray(components, document)
    if (tray === undefined) throw new Error('another tray runs')
    return tray
  }
  const ask = async (path: string, of: string, member: string, signature: string, body: readonly DbusValue[]) =>
    await panel.call({ destination: NAME, path, interface: of, member, signature, body })
  const menu = (member: string, signature: string, ...body: readonly DbusValue[]) =>
    ask(MENU_PATH, 'com.canonical.dbusmenu', member, signature, body)

  interface Shown {
    readonly id: number
    readonly label: DbusValue | undefined
    readonly enabled: DbusValue | undefined
    readonly children: readonly Shown[]
  }
  const shown = (layout: DbusValue): Shown => {
    const [id, properties, children] = layout as [number, [string, Variant][], Variant[]]
    const named = new Map(properties.map(([name, { value }]) => [name, value]))
    return {
      id,
      label: named.get('label') ?? named.get('type'),
      enabled: named.get('enabled'),
      children: children.map(({ value }) => shown(value)),
    }
  }
  const layout = async (depth = -1) => {
    const [, root] = await menu('GetLayout', 'iias', 0, depth, [])
    return shown(root ?? [])
  }
  const click = (id: number) => menu('Event', 'isvu', id, 'clicked', variant('i', 0), 0)
  const idOf = async (label: string) => (await layout()).children.find((one) => one.label === label)?.id ?? -1

  test('registers with the panel, says what it is, and shows the menu of the document', async () => {
    const calls = await startPanel(panel)
    await start()
    expect(calls.map(({ args }) => args)).toEqual([[NAME]])
    const [all] = await ask(ITEM_PATH, 'org.freedesktop.DBus.Properties', 'GetAll', 's', [ITEM_INTERFACE])
    const properties = new Map((all as [string, Variant][]).map(([name, { value }]) => [name, value]))
    expect(properties.get('ToolTip')).toEqual(['', [], 'Surety: 1 to fix', 'The firewall is off'])
    expect([properties.get('Title'), properties.get('ItemIsMenu'), properties.get('Menu')]).toEqual([
      ...['Surety: 1 to fix', true, MENU_PATH],
    ])
    const sizes = (properties.get('IconPixmap') as [number, number, Uint8Array][]).map(
      ([w, h, { length }]) => length / w / h,
    )
    expect(sizes).toEqual([4, 4, 4, 4, 4, 4])
    const root = await layout()
    // One underscore would mark a key.
    const labels = ['Surety: 1 to fix', 'separator', 'The fire__wall is off', 'Check again', 'Help']
    expect(root.children.map(({ label }) => label)).toEqual(labels)
    expect(root.children[2]?.children.map(({ label }) => label)).toEqual(['1. Turn it on'])
    expect((await layout(1)).children[2]?.children).toEqual([])
  })

  test('a second implementation of D-Bus reads the same', async () => {
    await startPanel(panel)
    await start()
    // The tray answers from this process.
    const send = async (path: string, ...message: readonly string[]) => {
      const args = ['--session', '--print-reply', `--dest=${NAME}`, path, ...message]
      return (await promisify(execFile)('/usr/bin/dbus-send', args, { env: bus.environment })).stdout
    }
    const asked = await send(MENU_PATH, 'com.canonical.dbusmenu.GetLayout', 'int32:0', 'int32:-1', 'array:string:')
    expect(asked).toContain('string "The fire__wall is off"')
    const properties = await send(ITEM_PATH, 'org.freedesktop.DBus.Properties.GetAll', `string:${ITEM_INTERFACE}`)
    expect(properties).toContain('"Surety: 1 to fix"')
    const introspect = 'org.freedesktop.DBus.Introspectable.Introspect'
    expect(await send('/', introspect)).toContain('<node name="MenuBar"/>')
    expect(await send(MENU_PATH, introspect)).toContain('<arg type="(ia{sv}av)" direction="out"/>')
    expect(await send(MENU_PATH, 'org.freedesktop.DBus.Peer.Ping')).toContain('method return')
  })

  test('waits for a panel, and registers again when it restarts', async () => {
    await start()
    const first = await startPanel(panel)
    await waitFor('the first registration', () => first.length === 1)
    panel[Symbol.dispose]()
    panel = await bus.connect()
    const second = await startPanel(panel)
    await waitFor('the second registration', () => second.length === 1)
  })

  test('is not there while the settings hide it', async () => {
    const calls = await startPanel(panel)
    const tray = await start(documentWith({ visible: false }))
    const isThere = async () => (await panel.call({ ...BUS, member: 'NameHasOwner', signature: 's', body: [NAME] }))[0]
    expect([await isThere(), calls.length]).toEqual([false, 0])
    await tray.show(documentWith())
    expect([await isThere(), calls.length]).toEqual([true, 1])
    await tray.show(documentWith({ visible: false }))
    expect(await isThere()).toBe(false)
  })

  test('runs a choice once, disables it meanwhile, and reports the outcome', async () => {
    const told = await startNotifications(panel)
    const runs: (readonly string[])[] = []
    const { promise: ended, resolve: end } = Promise.withResolvers<string>()
    await start(documentWith(), (args) => {
      runs.push(args)
      return ended
    })
    const id = await idOf('Check again')
    await click(id)
    const busy = (await layout()).children.find(({ label }) => label === 'Check again')
    expect([runs, busy?.enabled]).toEqual([[['check']], false])
    await click(busy?.id ?? -1)
    end('Nothing changed.')
    const notify = await waitFor('the notification', () => told.find(({ member }) => member === 'Notify'))
    expect(notify.args.slice(3, 5)).toEqual(['Check again', 'Nothing changed.'])
    expect(runs.length).toBe(1)
    expect((await layout()).children.find(({ label }) => label === 'Check again')?.enabled).toBe(true)
  })

  test('a click on a menu that is gone meets nothing', async () => {
    const runs: (readonly string[])[] = []
    const tray = await start(documentWith(), async (args) => {
      runs.push(args)
      return ''
    })
    const old = await idOf('Check again')
    const stop: TrayItem = { type: 'action', text: 'Stop', arguments: ['freeze', '--all'] }
    await tray.show(documentWith({ items: [stop, stop, stop, stop, stop, stop, stop, stop] }))
    await click(old)
    const [missing] = await menu('EventGroup', 'a(isvu)', [[old, 'clicked', variant('i', 0), 0]])
    expect([missing, runs]).toEqual([[old], []])
  })

  test('a text, a menu and a separator can be chosen, and do nothing', async () => {
    const runs: unknown[] = []
    await start(documentWith(), async (args) => `${runs.push(args)}`)
    for (const { id } of (await layout()).children.slice(0, 3)) await click(id)
    expect(runs).toEqual([])
  })

  test('a left click that opens no menu is answered with a notification', async () => {
    await start()
    const told = await startNotifications(panel)
    await ask(ITEM_PATH, ITEM_INTERFACE, 'Activate', 'ii', [1, 2])
    const notify = await waitFor('the notification', () => told.find(({ member }) => member === 'Notify'))
    expect(notify.args.slice(3, 5)).toEqual(['Surety: 1 to fix', 'The firewall is off'])
    expect(notify.args[1]).toBe(0)
    // The answer of the service may be on its way.
    await waitFor('an answer in the place of the first', async () => {
      await ask(ITEM_PATH, ITEM_INTERFACE, 'Activate', 'ii', [1, 2])
      return told.filter(({ member }) => member === 'Notify').at(-1)?.args[1] === 77
    })
  })

  test('an address is opened by the portal, and shown where there is none', async () => {
    await start()
    const told = await startNotifications(panel)
    await click(await idOf('Help'))
    const notify = await waitFor('the notification', () => told.find(({ member }) => member === 'Notify'))
    expect(notify.args[4]).toBe('https://example.org/help')
    const portal = 'org.freedesktop.portal.'
    const other = await bus.connect()
    const opened = await serve(other, `${portal}OpenURI`, '/org/freedesktop/portal/desktop', {
      OpenURI: ['ssa{sv}', 'o', ['/request']],
    })
    await other.call({ ...BUS, member: 'RequestName', signature: 'su', body: [`${portal}Desktop`, 4] })
    await click(await idOf('Help'))
    const [call] = await waitFor('the portal', () => (opened.length > 0 ? opened : undefined))
    expect(call?.args).toEqual(['', 'https://example.org/help', []])
  })

  describe('notifications', () => {
    const stopped = { id: 'stop:1', title: 'Stopped', text: '<b>Grace</b> & Ada', urgency: 'critical' as const }
    const textsOf = (calls: Awaited<ReturnType<typeof serve>>) =>
      calls.filter(({ member }) => member === 'Notify').map(({ args }) => args[4])

    test('each once, and closed when it no longer holds', async () => {
      const told = await startNotifications(panel)
      const tray = await start(documentWith({ notices: [stopped] }))
      await tray.show(documentWith({ notices: [stopped], title: 'other' }))
      expect(textsOf(told)).toEqual([stopped.text])
      const hints = new Map((told.find(({ member }) => member === 'Notify')?.args[6] as [string, Variant][]) ?? [])
      expect(hints.get('urgency')).toEqual(variant('y', 2))
      await tray.show(documentWith())
      expect(told.at(-1)).toEqual({ member: 'CloseNotification', args: [77] })
      await tray.show(documentWith({ notices: [stopped] }))
      expect(textsOf(told).length).toBe(1)
    })

    test('as text where the service takes markup', async () => {
      const told = await startNotifications(panel, ['body-markup'])
      await start(documentWith({ notices: [stopped] }))
      expect(textsOf(told)).toEqual(['&lt;b&gt;Grace&lt;/b&gt; &amp; Ada'])
    })

    test('come without a panel, and the icon once there is one', async () => {
      const told = await startNotifications(panel)
      await start(documentWith({ notices: [stopped] }))
      expect(textsOf(told)).toEqual([stopped.text])
      const other = await bus.connect()
      const registered = await startPanel(other)
      await waitFor('the icon', () => registered.length === 1)
    })

    test('without a service nothing fails, and the notice comes once there is one', async () => {
      await start(documentWith({ notices: [stopped] }))
      const told = await startNotifications(panel)
      await waitFor('the notice', () => textsOf(told).length > 0)
      expect(textsOf(told)).toEqual([stopped.text])
    })

    describe('over log-ins', () => {
      const again = async (...notices: readonly (typeof stopped)[]) => {
        const told = await startNotifications(panel)
        const tray = await start(documentWith({ notices }))
        // Its answer comes after those of the notices.
        await tray.show(documentWith({ notices }))
        return textsOf(told)
      }
      const other = { ...stopped, id: 'stop:2', text: 'Another one' }

      test('none comes again, and a new one comes', async () => {
        await kept().write(['stop:1'])
        expect(await again(stopped, other)).toEqual(['Another one'])
        expect(readFileSync(noticesFile(), 'utf8')).toBe('stop:1\nstop:2\n')
      })

      test.each([
        ['is not there', undefined],
        ['is a folder', 'folder'],
        ['is too long', 'x\n'.repeat(100_000)],
        ['has other lines', '\u0000\n\n\uffff'],
      ])('a file that %s hides nothing', async (_, found) => {
        if (found === 'folder') mkdirSync(noticesFile(), { recursive: true })
        else if (found !== undefined) {
          mkdirSync(dirname(noticesFile()), { recursive: true })
          writeFileSync(noticesFile(), found)
        }
        expect(await again(stopped)).toEqual([stopped.text])
      })

      test('keeps the newest hundred', async () => {
        await kept().write(Array.from({ length: 100 }, (_, index) => `stop:old-${index}`))
        await again(stopped)
        const ids = await kept().read()
        expect([ids.length, ids[0], ids.at(-1)]).toEqual([100, 'stop:old-1', 'stop:1'])
      })
    })
  })

  test('one tray in a session', async () => {
    await start()
    expect(
      await startLinuxTray(
        { bus: await bus.connect(), run: async () => '', processId: 4712, keptNotices: kept() },
        documentWith(),
      ),
    ).toBeUndefined()
  })

  test.each([
    ['an object that is not there', '/nothing', 'com.canonical.dbusmenu', 'GetLayout', 'iias', [0, 0, []]],
    ['a method that is not there', MENU_PATH, 'com.canonical.dbusmenu', 'Reboot', '', []],
    ['a method of every object', MENU_PATH, 'com.canonical.dbusmenu', 'toString', '', []],
    ['other arguments', MENU_PATH, 'com.canonical.dbusmenu', 'GetLayout', 's', ['x']],
    [
      'a property that is not there',
      ITEM_PATH,
      'org.freedesktop.DBus.Properties',
      'Get',
      'ss',
      [ITEM_INTERFACE, 'constructor'],
    ],
    [
      'to write a property',
      ITEM_PATH,
      'org.freedesktop.DBus.Properties',
      'Set',
      'ssv',
      [ITEM_INTERFACE, 'Title', variant('s', 'x')],
    ],
    ['another interface', ITEM_PATH, 'org.freedesktop.DBus.Properties', 'GetAll', 's', ['x.y']],
  ] as const)('refuses %s, and continues', async (_, path, of, member, signature, body) => {
    await startPanel(panel)
    await start()
    await expect(ask(path, of, member, signature, body as readonly DbusValue[])).rejects.toThrow(
      /org\.freedesktop\.DBus\.Error\./,
    )
    expect((await layout()).children.length).toBe(ITEMS.length)
  })

  test('an id that is not there has an empty menu', async () => {
    await startPanel(panel)
    await start()
    const [, nothing] = await menu('GetLayout', 'iias', 9999, -1, [])
    expect(shown(nothing ?? []).children).toEqual([])
    expect(await menu('GetGroupProperties', 'aias', [9999], [])).toEqual([[]])
  })
})
