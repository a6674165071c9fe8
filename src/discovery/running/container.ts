import type { Container } from '../../protocol/sighting.ts'
import type { ProcessStanding } from '../../system/processes/process-details.ts'
import { boundedText } from '../redaction/bounded-text.ts'

export interface ContainerInit {
  readonly standing: ProcessStanding
  readonly ownPidNamespace: string | undefined
  readonly insideWsl: boolean
  readonly environmentNames: readonly string[]
}

/** How each runtime names its control groups. The first group of the pattern is the id; the innermost match of the path counts. */
const CGROUPS: readonly (readonly [kind: Container['kind'], pattern: RegExp])[] = [
  ['kubernetes', /\/kubepods[^/]*\/(?:.*\/)?(?:cri-containerd-|crio-|docker-)?([0-9a-f]{32,64})(?:\.scope)?(?:\/|$)/],
  ['podman', /\/libpod-([0-9a-f]{32,64})(?:\.scope)?(?:\/|$)/],
  ['docker', /\/docker[-/]([0-9a-f]{32,64})(?:\.scope)?(?:\/|$)/],
  ['systemd-nspawn', /\/(?:systemd-nspawn@([^/]+)\.service|machine-([^/]+)\.scope)(?:\/|$)/],
  ['lxc', /\/lxc(?:\.payload\.|\.payload\/|\/)([^/]+)(?:\/|$)/],
  ['flatpak', /\/app-flatpak-([A-Za-z0-9._\\-]+?)-\d+\.scope(?:\/|$)/],
  ['snap', /\/snap\.([^./]+)\.[^/]+(?:\/|$)/],
]
/** The mount below the root of a container whose control group does not name it. */
const ROOT_MOUNTS: readonly (readonly [kind: Container['kind'], pattern: RegExp])[] = [
  ['podman', /\/containers\/storage\/overlay\/(?:l\/)?([A-Za-z0-9]{26,64})/],
  ['docker', /\/docker\/(?:rootfs\/)?overlay(?:2|fs)\/(?:l\/)?([A-Za-z0-9]{26,64})/],
  ['kubernetes', /\/io\.containerd\.snapshotter[^/]*\/snapshots\/(\d+)/],
]
const DEV_CONTAINER = new Set(['REMOTE_CONTAINERS', 'REMOTE_CONTAINERS_IPC', 'CODESPACES', 'DEVCONTAINER'])

/** The container that a process runs in; undefined for the device's own system. */
export function containerOf(init: ContainerInit): Container | undefined {
  const container = kindAndIdOf(init)
  const unread = container === undefined ? undefined : unreadIn(container, init.standing)
  return container === undefined || unread === undefined ? container : { ...container, unread }
}

/** True where files and variables of the process are another system's, so that the homes of this device say nothing of it. */
export function isInContainer(container: Container | undefined): boolean {
  return container?.unread === 'its-home'
}

function unreadIn({ kind }: Container, { rootMount }: ProcessStanding): Container['unread'] {
  switch (kind) {
    // Both use the homes of the device's users and keep their own folders in them.
    case 'flatpak':
    case 'snap':
      return undefined
    case 'wsl':
      return 'homes-of-windows'
    // A process that sees the device's own root has a home that was read, whatever its control group is called.
    default:
      return rootMount === undefined ? undefined : 'its-home'
  }
}

function kindAndIdOf({ standing, ownPidNamespace, insideWsl, environmentNames }: ContainerInit): Container | undefined {
  const found = firstMatch(CGROUPS, standing.cgroup) ?? firstMatch(ROOT_MOUNTS, standing.rootMount)
  if (found !== undefined) {
    const isDocker = found.kind === 'docker' || found.kind === 'podman'
    return isDocker && environmentNames.some((name) => DEV_CONTAINER.has(name))
      ? { ...found, kind: 'dev-container' }
      : found
  }
  const { pidNamespace } = standing
  if (pidNamespace !== undefined && ownPidNamespace !== undefined && pidNamespace !== ownPidNamespace) {
    return { kind: 'other', id: boundedText(pidNamespace, 128) }
  }
  return insideWsl ? { kind: 'wsl', id: 'wsl' } : undefined
}

function firstMatch(rows: typeof CGROUPS, text: string | undefined): Container | undefined {
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
