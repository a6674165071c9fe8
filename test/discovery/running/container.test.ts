import { containerOf } from '../../../src/discovery/running/container.ts'

const ID = 'a'.repeat(64)

function container(
  standing: { cgroup?: string; rootMount?: string; pidNamespace?: string },
  more: { environmentNames?: readonly string[]; insideWsl?: boolean } = {},
) {
  return containerOf({
    standing: {
      cgroup: '/',
      rootMount: undefined,
      pidNamespace: 'pid:[1]',
      loginUserId: undefined,
      auditSession: undefined,
      workingFolder: undefined,
      ...standing,
    },
    ownPidNamespace: 'pid:[1]',
    insideWsl: false,
    environmentNames: [],
    ...more,
  })
}

test.each([
  [`/docker/${ID}`, 'docker', ID],
  [`/system.slice/docker-${ID}.scope`, 'docker', ID],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`, 'podman', ID],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podabc.slice/cri-containerd-${ID}.scope`,
    'kubernetes',
    ID,
  ],
  [`/kubepods/besteffort/podabc/${ID}`, 'kubernetes', ID],
  ['/lxc.payload.web/system.slice/x.service', 'lxc', 'web'],
  ['/lxc/web/init.scope', 'lxc', 'web'],
  ['/machine.slice/systemd-nspawn@debian.service/payload', 'systemd-nspawn', 'debian'],
  ['/machine.slice/machine-debian.scope', 'systemd-nspawn', 'debian'],
  ['/user.slice/user@1000.service/app.slice/app-flatpak-dev.zed.Zed-4711.scope', 'flatpak', 'dev.zed.Zed'],
  ['/user.slice/user@1000.service/app.slice/snap.code.code-1f2e.scope', 'snap', 'code'],
])('%s', (cgroup, kind, id) => expect(container({ cgroup })).toEqual({ kind, id }))

test.each([
  ['overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ:/x', 'docker'],
  [
    'overlay overlay rw,lowerdir=/home/a/.local/share/containers/storage/overlay/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    'podman',
  ],
])('without a control group the root says it: %s', (rootMount, kind) => {
  const id = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
  expect(container({ rootMount, pidNamespace: 'pid:[2]' })).toEqual({ kind, id, unread: 'its-home' })
})

test('a container whose root is unknown is not taken to have our homes', () => {
  expect(container({ cgroup: `/docker/${ID}`, rootMount: '' })).toEqual({ kind: 'docker', id: ID, unread: 'its-home' })
})

test('a container that an editor opened is one for development', () => {
  const found = container({ cgroup: `/docker/${ID}` }, { environmentNames: ['PATH', 'REMOTE_CONTAINERS'] })
  expect(found).toEqual({ kind: 'dev-container', id: ID })
})

test('another namespace of processes is a container of unknown kind', () => {
  expect(container({ pidNamespace: 'pid:[2]' })).toEqual({ kind: 'other', id: 'pid:[2]' })
})

test('inside WSL all of this system is a guest', () => {
  expect(container({}, { insideWsl: true })).toEqual({ kind: 'wsl', id: 'wsl', unread: 'homes-of-windows' })
})

test.each([
  ['a session', '/user.slice/user-1000.slice/session-3.scope'],
  ['the service of a container runtime', '/system.slice/docker.service'],
  ['a folder that only bears the name', '/user.slice/docker/short'],
  ['an app that only begins so', '/user.slice/app-flatpaks-x-1.scope'],
  ['a unit called snapd', '/system.slice/snapd.service'],
  ['nothing', undefined],
])('%s is our own system', (_, cgroup) => {
  expect(container(cgroup === undefined ? {} : { cgroup })).toBeUndefined()
  // And a variable alone makes no container.
  expect(container(cgroup === undefined ? {} : { cgroup }, { environmentNames: ['REMOTE_CONTAINERS'] })).toBeUndefined()
})

const OVERLAY = 'overlay overlay rw,lowerdir=/x'

test.each([
  [`/docker/${ID}`, 'its-home'],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`, 'its-home'],
  ['/lxc/web/init.scope', 'its-home'],
  // These have the homes of our people.
  ['/user.slice/user@1000.service/app.slice/app-flatpak-dev.zed.Zed-4711.scope', undefined],
  ['/user.slice/user@1000.service/app.slice/snap.code.code-1f2e.scope', undefined],
])('with files of its own, at %s, %p is not looked into', (cgroup, unread) => {
  expect(container({ cgroup, rootMount: OVERLAY })?.unread).toBe(unread)
})

test('a process that sees our files has our home, with any cgroup or process ids', () => {
  expect(container({ cgroup: `/user.slice/docker-${ID}.scope` })?.unread).toBeUndefined()
  expect(container({ pidNamespace: 'pid:[2]' })?.unread).toBeUndefined()
  expect(container({ pidNamespace: 'pid:[2]', rootMount: OVERLAY })?.unread).toBe('its-home')
})

test('a container within WSL is read no more than any', () => {
  const found = container({ cgroup: `/docker/${ID}`, rootMount: OVERLAY }, { insideWsl: true })
  expect([found?.kind, found?.unread]).toEqual(['docker', 'its-home'])
})
