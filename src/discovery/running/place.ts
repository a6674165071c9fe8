import type { Place } from '../../protocol/sighting.ts'
import type { ProcessStanding } from '../../system/processes/process-details.ts'
import { boundedText } from '../redaction/bounded-text.ts'

export interface PlaceInit {
  readonly standing: ProcessStanding
  readonly ownPidNamespace: string | undefined
  readonly insideWsl: boolean
  readonly environmentNames: readonly string[]
}

/** How each runtime names its control groups; the first group is the identifier. The innermost match of the path counts. */
const CGROUPS: readonly (readonly [kind: Place['kind'], pattern: RegExp])[] = [
  ['kubernetes', /\/kubepods[^/]*\/(?:.*\/)?(?:cri-containerd-|crio-|docker-)?([0-9a-f]{32,64})(?:\.scope)?(?:\/|$)/],
  ['podman', /\/libpod-([0-9a-f]{32,64})(?:\.scope)?(?:\/|$)/],
  ['docker', /\/docker[-/]([0-9a-f]{32,64})(?:\.scope)?(?:\/|$)/],
  ['systemd-nspawn', /\/(?:systemd-nspawn@([^/]+)\.service|machine-([^/]+)\.scope)(?:\/|$)/],
  ['lxc', /\/lxc(?:\.payload\.|\.payload\/|\/)([^/]+)(?:\/|$)/],
  ['flatpak', /\/app-flatpak-([A-Za-z0-9._\\-]+?)-\d+\.scope(?:\/|$)/],
  ['snap', /\/snap\.([^./]+)\.[^/]+(?:\/|$)/],
]
/** What lies below the root of a container whose control group does not say. */
const ROOT_MOUNTS: readonly (readonly [kind: Place['kind'], pattern: RegExp])[] = [
  ['podman', /\/containers\/storage\/overlay\/(?:l\/)?([A-Za-z0-9]{26,64})/],
  ['docker', /\/docker\/(?:rootfs\/)?overlay(?:2|fs)\/(?:l\/)?([A-Za-z0-9]{26,64})/],
  ['kubernetes', /\/io\.containerd\.snapshotter[^/]*\/snapshots\/(\d+)/],
]
const DEV_CONTAINER = new Set(['REMOTE_CONTAINERS', 'REMOTE_CONTAINERS_IPC', 'CODESPACES', 'DEVCONTAINER'])

/** Where a process runs that shares our kernel and not our system; undefined for our own system. */
export function placeOf(init: PlaceInit): Place | undefined {
  const place = barePlace(init)
  const unread = place === undefined ? undefined : unreadIn(place, init.standing)
  return place === undefined || unread === undefined ? place : { ...place, unread }
}

/** Is what a process says of itself, and where its files lie, of another system? Nothing of our homes is about it. */
export function isElsewhere(place: Place | undefined): boolean {
  return place?.unread === 'its-home'
}

function unreadIn({ kind }: Place, { rootMount }: ProcessStanding): Place['unread'] {
  switch (kind) {
    // These have the homes of our people, and keep their own folders in them.
    case 'flatpak':
    case 'snap':
      return undefined
    case 'wsl':
      return 'homes-of-windows'
    // Whoever sees the files that we see has the home that we know, whatever its control group is called.
    default:
      return rootMount === undefined ? undefined : 'its-home'
  }
}

function barePlace({ standing, ownPidNamespace, insideWsl, environmentNames }: PlaceInit): Place | undefined {
  const found = firstMatch(CGROUPS, standing.cgroup) ?? firstMatch(ROOT_MOUNTS, standing.rootMount)
  if (found !== undefined) {
    const container = found.kind === 'docker' || found.kind === 'podman'
    return container && environmentNames.some((name) => DEV_CONTAINER.has(name))
      ? { ...found, kind: 'dev-container' }
      : found
  }
  const { pidNamespace } = standing
  if (pidNamespace !== undefined && ownPidNamespace !== undefined && pidNamespace !== ownPidNamespace) {
    return { kind: 'other', id: boundedText(pidNamespace, 128) }
  }
  return insideWsl ? { kind: 'wsl', id: 'wsl' } : undefined
}

function firstMatch(rows: typeof CGROUPS, text: string | undefined): Place | undefined {
  if (text === undefined) return undefined
  for (const [kind, pattern] of rows) {
    const id = pattern
      .exec(text)
      ?.slice(1)
      .find((group) => group !== undefined)
    if (id !== undefined) return { kind, id: boundedText(id, 128) }
  }
  return undefined
}
