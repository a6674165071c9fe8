import type { DbusInterface } from '../../system/desktop/dbus-objects.ts'
import { type DbusValue, type Variant, variant } from '../../system/desktop/dbus-values.ts'
import type { TrayItem } from './tray-document.ts'

/** The menu of the tray on the bus: `com.canonical.dbusmenu`, version 3. Panels draw it in their own style. */

const MENU_INTERFACE = 'com.canonical.dbusmenu'

interface Node {
  readonly id: number
  readonly item: TrayItem | undefined
  readonly properties: readonly (readonly [name: string, value: Variant])[]
  readonly children: readonly Node[]
}

export interface MenuObject {
  readonly object: DbusInterface
  /** Replaces the whole menu. Items for which `isBusy` holds cannot be chosen. @returns the body of `LayoutUpdated`. */
  replace(items: readonly TrayItem[], isBusy: (item: TrayItem) => boolean): readonly DbusValue[]
}

/** @param chosen is called with the item that the user chose. */
export function menuObject(chosen: (item: TrayItem) => void): MenuObject {
  let revision = 0
  let lastId = 0
  let root: Node = { id: 0, item: undefined, properties: ROOT, children: [] }
  let nodes = new Map<number, Node>([[0, root]])

  // Ids are never used again: a click on a menu that is gone must not meet another item.
  const nodeOf = (item: TrayItem, isBusy: (item: TrayItem) => boolean): Node => {
    lastId = lastId === MAX_ID ? 1 : lastId + 1
    const id = lastId
    const children = item.type === 'menu' ? item.items.map((child) => nodeOf(child, isBusy)) : []
    const node = { id, item, properties: propertiesOf(item, isBusy(item)), children }
    nodes.set(id, node)
    return node
  }
  const event = (id: DbusValue | undefined, kind: DbusValue | undefined): boolean => {
    const node = nodes.get(Number(id))
    if (node?.item !== undefined && kind === 'clicked') chosen(node.item)
    return node !== undefined
  }
  return {
    object: {
      name: MENU_INTERFACE,
      properties: {
        Version: { signature: 'u', value: () => 3 },
        TextDirection: { signature: 's', value: () => 'ltr' },
        Status: { signature: 's', value: () => 'normal' },
        IconThemePath: { signature: 'as', value: () => [] },
      },
      methods: {
        GetLayout: {
          in: 'iias',
          out: 'u(ia{sv}av)',
          call: ([parent, depth, names]) => {
            const node = nodes.get(Number(parent)) ?? { ...root, children: [] }
            return [revision, layoutOf(node, Number(depth), namesOf(names))]
          },
        },
        GetGroupProperties: {
          in: 'aias',
          out: 'a(ia{sv})',
          call: ([ids, names]) => [groupOf(nodes, ids as readonly number[], namesOf(names))],
        },
        GetProperty: {
          in: 'is',
          out: 'v',
          call: ([id, name]) => {
            const found = nodes.get(Number(id))?.properties.find(([key]) => key === name)
            return [found?.[1] ?? variant('s', '')]
          },
        },
        Event: {
          in: 'isvu',
          out: '',
          call: ([id, kind]) => {
            event(id, kind)
            return []
          },
        },
        EventGroup: {
          in: 'a(isvu)',
          out: 'ai',
          call: ([events]) => {
            const all = events as readonly (readonly DbusValue[])[]
            return [all.filter(([id, kind]) => !event(id, kind)).map(([id]) => id ?? 0)]
          },
        },
        AboutToShow: { in: 'i', out: 'b', call: () => [false] },
        AboutToShowGroup: { in: 'ai', out: 'aiai', call: () => [[], []] },
      },
      signals: { LayoutUpdated: 'ui', ItemsPropertiesUpdated: 'a(ia{sv})a(ias)', ItemActivationRequested: 'iu' },
    },
    replace(items, isBusy) {
      nodes = new Map()
      root = { id: 0, item: undefined, properties: ROOT, children: items.map((item) => nodeOf(item, isBusy)) }
      nodes.set(0, root)
      revision = (revision + 1) % MAX_REVISION
      return [revision, 0]
    },
  }
}

const ROOT: Node['properties'] = [['children-display', variant('s', 'submenu')]]
const MAX_ID = 0x7fffffff
const MAX_REVISION = 0xffffffff

function propertiesOf(item: TrayItem, isBusy: boolean): Node['properties'] {
  if (item.type === 'separator') return [['type', variant('s', 'separator')]]
  return [
    // One underscore would mark the next letter as a key.
    ['label', variant('s', item.text.replaceAll('_', '__'))],
    // Lines that only say something stay enabled: screen readers pass over the others.
    ['enabled', variant('b', !isBusy)],
    ['visible', variant('b', true)],
    ...(item.type === 'menu' ? ROOT : []),
  ]
}

function layoutOf({ id, properties, children }: Node, depth: number, names: ReadonlySet<string>): DbusValue {
  const below = depth === 0 ? [] : children.map((child) => variant('(ia{sv}av)', layoutOf(child, depth - 1, names)))
  return [id, wanted(properties, names), below]
}

function groupOf(nodes: ReadonlyMap<number, Node>, ids: readonly number[], names: ReadonlySet<string>): DbusValue {
  const found = ids.length === 0 ? [...nodes.values()] : ids.flatMap((id) => nodes.get(id) ?? [])
  return found.map(({ id, properties }) => [id, wanted(properties, names)])
}

function wanted(properties: Node['properties'], names: ReadonlySet<string>): DbusValue {
  return properties.filter(([name]) => names.size === 0 || names.has(name))
}

function namesOf(names: DbusValue | undefined): ReadonlySet<string> {
  return new Set(names as readonly string[])
}
