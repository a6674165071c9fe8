import { codeOf } from '../../base/errors.ts'
import { type DbusValue, variant } from '../../system/desktop/dbus-values.ts'
import type { SessionBus } from '../../system/desktop/session-bus.ts'
import { iconOf } from './icons.ts'
import type { TrayNotice, TrayState } from './tray-document.ts'

/** Notifications by the desktop's own service, `org.freedesktop.Notifications`. */

export const NOTIFICATIONS = 'org.freedesktop.Notifications'
const SERVICE = {
  destination: NOTIFICATIONS,
  path: '/org/freedesktop/Notifications',
  interface: NOTIFICATIONS,
} as const

/** Which notices the user has seen, so that none comes again at each log-in. The hosts of other systems keep them too. */
export interface KeptNotices {
  /** The oldest first. Empty when they cannot be read. */
  read(): Promise<readonly string[]>
  /** @throws any error of the disk. */
  write(ids: readonly string[]): Promise<void>
}

const MAX_KEPT = 100

export interface DesktopNotices {
  /** Shows each id once, and closes what no longer holds. */
  show(notices: readonly TrayNotice[], state: TrayState): Promise<void>
  /** The answer to something that the user asked for. */
  tell(title: string, text: string, state: TrayState): Promise<void>
}

const URGENCY = { normal: 1, critical: 2 } as const
const ICON_EDGE = 48

export function desktopNotices(bus: Pick<SessionBus, 'call'>, kept: KeptNotices): DesktopNotices {
  let loading: Promise<Set<string>> | undefined
  /** The service's own numbers of what may still be on the screen. */
  const open = new Map<string, number>()
  let takesMarkup: boolean | undefined
  /** Of the last answer. The next one takes its place. */
  let told = 0

  const notify = async (
    notice: Omit<TrayNotice, 'id'>,
    state: TrayState,
    replaces = 0,
  ): Promise<number | undefined> => {
    try {
      takesMarkup ??= await marksUp(bus)
      const body = takesMarkup ? escaped(notice.text) : notice.text
      const [id] = await bus.call({
        ...SERVICE,
        member: 'Notify',
        signature: 'susssasa{sv}i',
        body: ['Surety', replaces, '', notice.title, body, [], hints(notice.urgency, state), -1],
      })
      return Number(id)
    } catch (error) {
      // No service, or one that is busy: the icon and the menu say the same.
      if (codeOf(error) === undefined) throw error
      return undefined
    }
  }
  return {
    async show(notices, state) {
      const now = new Set(notices.map(({ id }) => id))
      for (const [id, number] of [...open]) {
        if (now.has(id)) continue
        open.delete(id)
        await bus
          .call({ ...SERVICE, member: 'CloseNotification', signature: 'u', body: [number] })
          .catch(() => undefined)
      }
      loading ??= kept.read().then((ids) => new Set(ids))
      const shown = await loading
      for (const notice of notices) {
        if (shown.has(notice.id)) continue
        shown.add(notice.id)
        const number = await notify(notice, state)
        // Without an answer it was not shown.
        if (number === undefined) {
          shown.delete(notice.id)
          continue
        }
        open.set(notice.id, number)
        // On a full disk it comes again at the next log-in.
        await kept.write([...shown].slice(-MAX_KEPT)).catch(() => undefined)
      }
    },
    async tell(title, text, state) {
      told = (await notify({ title, text, urgency: 'normal' }, state, told)) ?? 0
    },
  }
}

async function marksUp(bus: Pick<SessionBus, 'call'>): Promise<boolean> {
  const [capabilities] = await bus.call({ ...SERVICE, member: 'GetCapabilities' })
  return Array.isArray(capabilities) && capabilities.includes('body-markup')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function hints(urgency: TrayNotice['urgency'], state: TrayState): DbusValue {
  const icon = iconOf(state).find(({ edge }) => edge === ICON_EDGE)
  return [
    ['urgency', variant('y', URGENCY[urgency])],
    ...(icon === undefined
      ? []
      : [['image-data', variant('(iiibiiay)', [icon.edge, icon.edge, icon.edge * 4, true, 8, 4, rgba(icon.argb)])]]),
  ]
}

function rgba(argb: Uint8Array): Uint8Array {
  const turned = new Uint8Array(argb.length)
  for (let at = 0; at < argb.length; at += 4) {
    turned.set(argb.subarray(at + 1, at + 4), at)
    turned[at + 3] = argb[at] ?? 0
  }
  return turned
}
