import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type UpdateSource, updateSource } from '../../../src/daemon/updates/update-source.ts'
import { trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { hangSafeFiles } from '../../../src/system/mounts/hang-safe-files.ts'
import { hangingMountsIn, linuxMounts } from '../../../src/system/mounts/linux.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { hostileForRoot } from '../hostile-program.ts'

/** Folders of the whole system on a mount whose server is dead: the daemon's only thread must not go there. */

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const at = (...names: string[]) => join(folder.path, ...names)
const { hostile, whenPossible } = hostileForRoot(folder.path, 'a dead mount among the folders of the system')
const limit = { maxBytes: 100 }

whenPossible('nothing on it or behind a link to it is touched; all else is read as ever', async () => {
  chmodSync(folder.path, 0o755)
  mkdirSync(at('dead'))
  mkdirSync(at('alive'))
  writeFileSync(at('alive/file'), 'hello')
  symlinkSync(at('dead/bin'), at('absolute'))
  symlinkSync('../dead', at('alive/relative'))
  symlinkSync('alive', at('good'))
  symlinkSync('loop', at('loop'))
  const files = hangSafeFiles(trustedFiles(), linuxMounts().hanging)
  // Nothing is mounted there yet.
  expect((await files.list(at('dead'), { maxEntries: 10 })).length).toBe(0)
  await using _ = await hostile?.start('hang', at('dead'), 'read')
  const refused = ['dead', 'dead/bin/claude', 'absolute/claude', 'alive/relative/x', 'alive/../dead/x', 'loop/x']
  for (const path of refused) {
    expect([path, await codeThrown(() => files.read(at(path), limit))]).toEqual([path, 'FILE_UNREADABLE'])
    expect([path, await codeThrown(() => files.list(at(path), { maxEntries: 10 }))]).toEqual([path, 'FILE_UNREADABLE'])
  }
  await expect(files.realPath(at('absolute'))).rejects.toThrow(/lies on fuse, which may not answer/)
  expect([await files.readText(at('good/file'), limit), await files.realPath(at('good/file'))]).toEqual([
    'hello',
    at('alive/file'),
  ])
  expect((await files.list(at('good'), { maxEntries: 10 })).map(({ name }) => name)).toEqual(['file', 'relative'])
  expect(await codeThrown(() => files.read(at('alive/absent'), limit))).toBe('FILE_ABSENT')
})

whenPossible('a mirror of updates on it is refused, and one that stops to answer is given up', async () => {
  mkdirSync(at('mirror'))
  const { signal } = new AbortController()
  const url = `file://${at('mirror')}/`
  const patience = { idleMs: 100, leastMs: 300, leastBytesPerSecond: 1_000_000 }
  using guarded = updateSource({ url, hanging: linuxMounts().hanging })
  using unguarded = updateSource({ url, patience })
  const read = (source: UpdateSource, name: string) => source.read(name, { maxBytes: 100, signal })
  const dead = await hostile?.start('hang', at('mirror'), 'read')
  await expect(read(guarded, 'one')).rejects.toThrow(/lies on fuse, which may not answer/)
  await expect(read(unguarded, 'one')).rejects.toThrow(/too slow/)
  // It keeps a thread of this process, and no second one.
  await expect(read(unguarded, 'two')).rejects.toThrow(/earlier read .* has not come back/)
  await dead?.finish()
  writeFileSync(at('mirror/three'), 'hello')
  await waitFor('an answer', () => read(unguarded, 'three').catch(() => undefined), { until: Boolean })
  expect(Buffer.from((await read(guarded, 'three')) ?? []).toString()).toBe('hello')
})

test.each<[string, string, readonly (readonly [string, string])[]]>([
  ['a network file system', '40 1 0:50 / /opt rw - nfs4 server:/x rw', [['/opt', 'nfs4']]],
  ['one of a program', '40 1 0:50 / /opt rw shared:7 - fuse.sshfs me@there rw', [['/opt', 'fuse.sshfs']]],
  ['one with a blank in its place', String.raw`40 1 0:50 / /my\040place rw - cifs //x/y rw`, [['/my place', 'cifs']]],
  ['a disk', '40 1 8:1 / /opt rw - ext4 /dev/sda1 rw', []],
  ['a disk that a program reads', '40 1 8:1 / /opt rw - fuseblk /dev/sda1 rw', []],
  ['what was mounted over it', '40 1 0:5 / /opt rw - autofs x rw\n41 40 8:1 / /opt rw - ext4 /dev/sda1 rw', []],
  ['what the system stands on', '1 0 0:5 / / rw - nfs4 server:/root rw', []],
  ['nonsense', 'x\n - \n1 2 3', []],
])('%s may not answer, or may', (_, mountinfo, expected) => {
  expect([...hangingMountsIn(mountinfo)]).toEqual(expected)
})
