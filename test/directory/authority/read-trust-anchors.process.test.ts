import { chmodSync, chownSync, linkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { readTrustAnchors } from '../../../src/directory/authority/read-trust-anchors.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { runDirectory } from '../../support/directory/directory-process.ts'
import { testKey } from '../../support/protocol/test-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { makeAuthority } from '../../support/tpm/certificates.ts'
import { asRoot, file, MALLORY, made, planted } from '../../support/users/other-user.ts'

/** A user who can place a trust anchor can enrol a forged TPM as one of a known maker. */

/** A folder of anchors as an administrator makes it: others may read it. */
async function anchors() {
  const folder = temporaryFolder()
  const above = made(join(folder.path, 'above'), 0o755)
  const path = made(join(above, 'anchors'), 0o755)
  const key = testKey('anchor')
  const der = await makeAuthority({ subject: 'CN=Maker', issuer: 'CN=Maker', signer: key, key })
  for (const each of [path, made(join(path, 'simulated'), 0o755)]) {
    writeFileSync(join(each, 'maker.der'), der)
    chmodSync(join(each, 'maker.der'), 0o644)
  }
  return { path, above, [Symbol.dispose]: folder[Symbol.dispose] }
}

type Place = Awaited<ReturnType<typeof anchors>>

test('a folder that others can read is used as it is', async () => {
  using place = await anchors()
  linkSync(join(place.path, 'maker.der'), join(place.above, 'second'))
  expect((await readTrustAnchors(place.path, silentLog)).count).toBe(2)
})

const REFUSED: readonly (readonly [string, (place: Place) => unknown, RegExp])[] = [
  ['can be written by all', ({ path }) => chmodSync(path, 0o777), /anchors" can be written by others: chmod go-w/],
  ['can be written by its group', ({ path }) => chmodSync(path, 0o775), /anchors" can be written by others/],
  [
    'has a folder for simulators that all can write',
    ({ path }) => chmodSync(join(path, 'simulated'), 0o777),
    /simulated" can be written by others/,
  ],
  [
    'has an anchor that all can write',
    ({ path }) => chmodSync(join(path, 'maker.der'), 0o666),
    /maker\.der" can be written by others/,
  ],
  [
    'has an anchor for simulators that all can write',
    ({ path }) => chmodSync(join(path, 'simulated', 'maker.der'), 0o646),
    /maker\.der" can be written by others/,
  ],
  [
    'lies below a folder that all can write',
    ({ above }) => chmodSync(above, 0o777),
    /above" above the trust anchors folder can be written by others/,
  ],
  [
    'is a link',
    ({ path }) => {
      renameSync(path, `${path}.old`)
      symlinkSync(`${path}.old`, path)
    },
    /anchors" is not a directory/,
  ],
  [
    'has a link in the place of the folder for simulators',
    ({ path }) => {
      renameSync(join(path, 'simulated'), `${path}.old`)
      symlinkSync(`${path}.old`, join(path, 'simulated'))
    },
    /simulated" is not a directory/,
  ],
  [
    'is a file',
    ({ above }) => renameSync(file(above, 'file', 0o644), join(above, 'moved')),
    /moved" is not a directory/,
  ],
]

test.each(REFUSED)('a folder that %s anchors nothing: the start fails', async (name, spoil, words) => {
  using place = await anchors()
  spoil(place)
  const path = name === 'is a file' ? join(place.above, 'moved') : place.path
  await expect(readTrustAnchors(path, silentLog)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringMatching(words),
  })
})

const byRoot = asRoot('trust anchors of another user')

byRoot.each<[string, (place: Place) => unknown]>([
  ['belongs to another user', ({ path }) => chownSync(path, MALLORY, MALLORY)],
  ['has an anchor of another user', ({ path }) => planted(join(path, 'theirs.pem'), 'file')],
  ['has a link of another user', ({ path }) => planted(join(path, 'theirs.pem'), 'link')],
  ['has a folder for simulators of another user', ({ path }) => chownSync(join(path, 'simulated'), MALLORY, MALLORY)],
  ['has an anchor for simulators of another user', ({ path }) => planted(join(path, 'simulated', 'a.pem'), 'file')],
])('(root) a folder that %s is refused', async (_, spoil) => {
  using place = await anchors()
  spoil(place)
  expect(await codeThrown(() => readTrustAnchors(place.path, silentLog))).toBe('STORE_FAILED')
})

byRoot('(root) names the folder that root made to the directory of another user', async () => {
  using place = await anchors()
  chmodSync(place.path, 0o700)
  process.seteuid?.(MALLORY)
  try {
    await expect(readTrustAnchors(place.path, silentLog)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(
        /anchors" cannot be read \(EACCES\): it must belong to the user of the directory$/,
      ),
    })
  } finally {
    process.seteuid?.(0)
  }
})

test('reports a link that an administrator made, and takes no anchor from it', async () => {
  using place = await anchors()
  symlinkSync(join(place.path, 'maker.der'), join(place.path, 'link.der'))
  const told: unknown[] = []
  const log: Log = { ...silentLog, warn: (_, fields) => told.push([fields?.file, fields?.code]) }
  expect((await readTrustAnchors(place.path, log)).count).toBe(2)
  expect(told).toEqual([['link.der', 'FILE_IS_LINK']])
})

const ANY_PORTS = ['--devices-port', '0', '--api-port', '0', '--console-port', '0']

test('a directory does not start with a folder of anchors that others can write to', async () => {
  using place = await anchors()
  chmodSync(place.path, 0o777)
  const data = join(place.above, 'data')
  expect(await runDirectory(['serve', '--data', data, '--trust-anchors', place.path, ...ANY_PORTS])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(/anchors" can be written by others: chmod go-w .*\[STORE_FAILED\]\n$/),
  })
})
