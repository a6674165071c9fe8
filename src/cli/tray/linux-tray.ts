import { codeOf } from '../../base/errors.ts'
import { BUS, type SessionBus } from '../../system/desktop/session-bus.ts'
import { type DesktopNotices, desktopNotices, type KeptNotices, NOTIFICATIONS } from './desktop-notices.ts'
import { menuObject } from './menu-object.ts'
import { belowTitle, ITEM_INTERFACE, ITEM_PATH, MENU_PATH, statusNotifierItem } from './status-notifier.ts'
import type { TrayDocument, TrayItem } from './tray-document.ts'
import { bounded } from './tray-items.ts'

/** The tray on a Linux desktop: an icon with a menu in the panel, and notifications. */

export interface LinuxTrayComponents {
  readonly bus: SessionBus
  /** Runs `surety` with these arguments. @returns its first line for a person. */
  readonly run: (args: readonly string[]) => Promise<string>
  readonly processId: number
  readonly keptNotices: KeptNotices
}

export interface LinuxTray {
  /** Draws the document. */
  show(document: TrayDocument): Promise<void>
}

/** One tray in a session has it. */
const OWN_NAME = 'org.surety.Tray'
const DO_NOT_QUEUE = 4
const IS_OWNER = 1
const WATCHER = 'org.kde.StatusNotifierWatcher'
const ownerChanges = (name: string) =>
  `type='signal',sender='${BUS.destination}',interface='${BUS.interface}',member='NameOwnerChanged',arg0='${name}'`

/** @returns undefined when another tray runs in this session. */
export async function startLinuxTray(
  components: LinuxTrayComponents,
  first: TrayDocument,
): Promise<LinuxTray | undefined> {
  const { bus } = components
  const [owned] = await bus.call({
    ...BUS,
    member: 'RequestName',
    signature: 'su',
    body: [OWN_NAME, DO_NOT_QUEUE],
  })
  if (owned !== IS_OWNER) return undefined
  const tray = new Tray(components, first)
  await tray.begin()
  return tray
}

class Tray implements LinuxTray {
  readonly #components: LinuxTrayComponents
  readonly #name: string
  readonly #notices: DesktopNotices
  readonly #menu = menuObject((item) => void this.#chosen(item))
  readonly #busy = new Set<string>()
  #document: TrayDocument
  #isOnBus = false

  constructor(components: LinuxTrayComponents, first: TrayDocument) {
    this.#components = components
    this.#document = first
    this.#name = `org.kde.StatusNotifierItem-${components.processId}-1`
    this.#notices = desktopNotices(components.bus, components.keptNotices)
  }

  async begin(): Promise<void> {
    const { bus } = this.#components
    this.#drawMenu()
    bus.offer(
      new Map([
        [
          ITEM_PATH,
          statusNotifierItem(
            () => this.#document,
            () => void this.#say(),
          ),
        ],
        [MENU_PATH, this.#menu.object],
      ]),
    )
    bus.onSignal(({ sender, member, body: [name, , owner] }) => {
      if (sender !== BUS.destination || member !== 'NameOwnerChanged' || owner === '') return
      // The panel started, or started again.
      if (name === WATCHER && this.#isOnBus) void this.#register()
      // At a log-in it may come after us.
      if (name === NOTIFICATIONS) void this.#notices.show(this.#document.notices, this.#document.state)
    })
    for (const name of [WATCHER, NOTIFICATIONS])
      await bus.call({ ...BUS, member: 'AddMatch', signature: 's', body: [ownerChanges(name)] })
    await this.#draw()
  }

  async show(document: TrayDocument): Promise<void> {
    this.#document = document
    await this.#draw()
  }

  async #draw(): Promise<void> {
    const { bus } = this.#components
    const { visible, notices, state } = this.#document
    this.#drawMenu()
    if (visible !== this.#isOnBus) {
      this.#isOnBus = visible
      const member = visible ? 'RequestName' : 'ReleaseName'
      const name = visible
        ? { signature: 'su', body: [this.#name, DO_NOT_QUEUE] }
        : { signature: 's', body: [this.#name] }
      // A panel drops the icon when its name is gone.
      await bus.call({ ...BUS, member, ...name })
      if (visible) await this.#register()
    }
    for (const member of ['NewTitle', 'NewIcon', 'NewToolTip']) {
      bus.emit({ path: ITEM_PATH, interface: ITEM_INTERFACE, member, signature: '', body: [] })
    }
    await this.#notices.show(notices, state)
  }

  #drawMenu(): void {
    const body = this.#menu.replace(this.#document.items, (item) => this.#busy.has(keyOf(item)))
    const { name } = this.#menu.object
    this.#components.bus.emit({ path: MENU_PATH, interface: name, member: 'LayoutUpdated', signature: 'ui', body })
  }

  async #register(): Promise<void> {
    try {
      await this.#components.bus.call({
        destination: WATCHER,
        path: '/StatusNotifierWatcher',
        interface: WATCHER,
        member: 'RegisterStatusNotifierItem',
        signature: 's',
        body: [this.#name],
      })
    } catch (error) {
      // No panel yet: the bus says when one comes.
      if (codeOf(error) === undefined) throw error
    }
  }

  async #chosen(item: TrayItem): Promise<void> {
    if (item.type === 'link') return await this.#open(item.url)
    if (item.type !== 'action' || this.#busy.has(keyOf(item))) return
    this.#busy.add(keyOf(item))
    this.#drawMenu()
    const line = await this.#components.run(item.arguments)
    this.#busy.delete(keyOf(item))
    this.#drawMenu()
    await this.#notices.tell(item.text, bounded(line), this.#document.state)
  }

  /** A menu cannot open itself, so that this is the answer to a click. */
  async #say(): Promise<void> {
    await this.#notices.tell(this.#document.title, belowTitle(this.#document), this.#document.state)
  }

  /** A program that we start would end with us, so the desktop starts it. */
  async #open(url: string): Promise<void> {
    try {
      await this.#components.bus.call({
        destination: 'org.freedesktop.portal.Desktop',
        path: '/org/freedesktop/portal/desktop',
        interface: 'org.freedesktop.portal.OpenURI',
        member: 'OpenURI',
        signature: 'ssa{sv}',
        body: ['', url, []],
      })
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      await this.#notices.tell('Surety', bounded(url), this.#document.state)
    }
  }
}

function keyOf(item: TrayItem): string {
  return item.type === 'action' ? item.arguments.join(' ') : ''
}
