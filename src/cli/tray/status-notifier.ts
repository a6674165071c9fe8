import type { DbusInterface } from '../../system/desktop/dbus-objects.ts'
import type { DbusValue } from '../../system/desktop/dbus-values.ts'
import { iconOf } from './icons.ts'
import type { TrayDocument } from './tray-document.ts'

/** The icon of the tray on the bus: `org.kde.StatusNotifierItem`. */

export const ITEM_INTERFACE = 'org.kde.StatusNotifierItem'
export const ITEM_PATH = '/StatusNotifierItem'
export const MENU_PATH = '/MenuBar'

/**
 * @param current what is shown now.
 * @param activated some panels call it for a left click, and open the menu for a right one alone.
 */
export function statusNotifierItem(current: () => TrayDocument, activated: () => void): DbusInterface {
  const property = (signature: string, value: () => DbusValue) => ({ signature, value })
  const nothing = property('s', () => '')
  const noPixels = property('a(iiay)', () => [])
  const method = (signature: string) => ({ in: signature, out: '', call: () => [] })
  return {
    name: ITEM_INTERFACE,
    properties: {
      Category: property('s', () => 'SystemServices'),
      Id: property('s', () => 'surety'),
      Title: property('s', () => current().title),
      // The panel draws no attention of its own: the icon says it, and a notification said it once.
      Status: property('s', () => 'Active'),
      WindowId: property('i', () => 0),
      IconName: nothing,
      IconPixmap: property('a(iiay)', () => pixmaps(current())),
      IconThemePath: nothing,
      IconAccessibleDesc: property('s', () => current().title),
      OverlayIconName: nothing,
      OverlayIconPixmap: noPixels,
      AttentionIconName: nothing,
      AttentionIconPixmap: noPixels,
      AttentionMovieName: nothing,
      AttentionAccessibleDesc: property('s', () => current().title),
      ToolTip: property('(sa(iiay)ss)', () => ['', [], current().title, belowTitle(current())]),
      ItemIsMenu: property('b', () => true),
      Menu: property('o', () => MENU_PATH),
    },
    methods: {
      Activate: {
        ...method('ii'),
        call: () => {
          activated()
          return []
        },
      },
      SecondaryActivate: method('ii'),
      ContextMenu: method('ii'),
      Scroll: method('is'),
    },
    signals: { NewTitle: '', NewIcon: '', NewToolTip: '', NewStatus: 's' },
  }
}

/** The tooltip has one text for systems that show no title above it. */
export function belowTitle({ title, tooltip }: TrayDocument): string {
  return tooltip.startsWith(`${title}. `) ? tooltip.slice(title.length + 2) : tooltip
}

function pixmaps({ state }: TrayDocument): DbusValue {
  return iconOf(state).map(({ edge, argb }) => [edge, edge, argb])
}
