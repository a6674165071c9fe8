import type { Browser } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import { placeIn } from '../files/home-layout.ts'
import type { BrowserInit } from './browser-components.ts'

/** A folder of profiles, and where the browser that has it looks for programs that extensions may speak to. */
export interface ProfileRoot {
  readonly product: string
  readonly path: string
  readonly messagingHosts: readonly string[]
  /** Its profiles are called by their paths: a running process named the folder. */
  readonly named: boolean
}

/** The folders of one family in this home: those of the catalogue that may be there, then those that processes named. */
export async function profileRoots(
  folders: Folders,
  init: BrowserInit,
  family: Browser['family'],
): Promise<readonly ProfileRoot[]> {
  const roots: ProfileRoot[] = []
  const browsers = init.browsers.filter((browser) => browser.family === family)
  for (const browser of browsers) {
    for (const { path } of browser[init.layout]?.profiles ?? []) {
      const pattern = placeIn(init.home, path)
      const found = pattern === undefined ? [] : newestRevisions(await folders.expand(pattern))
      roots.push(...found.map((root) => rootOf(init, browser, { product: browser.id, path: root, named: false })))
    }
  }
  const known = new Set(roots.map(({ path }) => path))
  const named = init.named.filter((profile) => profile.family === family && !known.has(profile.path))
  return [
    ...roots,
    ...named.map(({ product, path }) => {
      const browser = browsers.find(({ id }) => id === product)
      return rootOf(init, browser, { product, path, named: true })
    }),
  ]
}

/** A snap keeps a copy of its data for each revision that it may go back to: only that of the newest is in use. */
function newestRevisions(roots: readonly string[]): readonly string[] {
  const newest = new Map<string, { readonly root: string; readonly revision: number }>()
  for (const root of roots) {
    const [, snap = root, revision = 0] = /^(.*\/snap\/[^/]+)\/x?(\d+)\//.exec(root) ?? []
    const known = newest.get(snap)
    if (known === undefined || Number(revision) > known.revision) newest.set(snap, { root, revision: Number(revision) })
  }
  return [...newest.values()].map(({ root }) => root)
}

function rootOf(
  { home, layout }: BrowserInit,
  browser: Browser | undefined,
  root: Pick<ProfileRoot, 'product' | 'path' | 'named'>,
): ProfileRoot {
  const own = browser?.family === 'firefox' ? [] : [`${root.path}/NativeMessagingHosts`]
  const places = layout === 'windows' || isConfined(root.path) ? [] : (browser?.[layout]?.messagingHosts ?? [])
  const others = places.flatMap(({ path }) => placeIn(home, path) ?? [])
  return { ...root, messagingHosts: [...new Set([...own, ...others])] }
}

/** A flatpak sees no folder of the system but its own. */
function isConfined(path: string): boolean {
  return path.includes('/.var/app/')
}
