import { chmodSync, chownSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { preparePrivateFolder } from '../../../../src/system/files/own/prepare-folder.ts'
import { requireClosedParents, requirePrivateFolder } from '../../../../src/system/files/own/private-folder.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { asRoot, MALLORY, made, planted } from '../../../support/users/other-user.ts'

/** The way to a folder of ours: no other user may rename what is on it. */

function ways() {
  const folder = temporaryFolder()
  const at = (...names: readonly string[]) => join(folder.path, ...names)
  const open = made(at('open'), 0o777)
  const real = made(at('real'), 0o755)
  return { at, open, real, [Symbol.dispose]: folder[Symbol.dispose] }
}

type Ways = ReturnType<typeof ways>

const ACCEPTED: readonly (readonly [string, (ways: Ways) => string])[] = [
  ['below folders that others can only read', ({ real }) => join(real, 'state')],
  ['below folders that are not there yet', ({ real }) => join(real, 'more', 'state')],
  [
    'below a sticky folder that all can write',
    ({ at, open }) => {
      chmodSync(open, 0o1777)
      return at('open', 'state')
    },
  ],
  [
    'behind a link of ours',
    ({ at, real }) => {
      symlinkSync(real, at('link'))
      return at('link', 'state')
    },
  ],
  [
    'behind a link that is relative, to another',
    ({ at }) => {
      symlinkSync('../real', join(made(at('links')), 'one'))
      symlinkSync('links/./one', at('two'))
      return at('two', 'state')
    },
  ],
  ['spelt with dots', ({ at, real }) => `${real}/./../${at('real').split('/').at(-1)}//state/`],
]

test.each(ACCEPTED)('a folder %s is accepted', (_, path) => {
  using house = ways()
  expect(() => requireClosedParents(path(house), 'state folder')).not.toThrow()
})

const REFUSED: readonly (readonly [string, (ways: Ways) => string])[] = [
  ['below a folder that all can write', ({ at }) => at('open', 'state')],
  ['far below a folder that all can write', ({ open }) => join(made(join(open, 'a')), 'b', 'state')],
  [
    'behind a link to below a folder that all can write',
    ({ at, open }) => {
      symlinkSync(made(join(open, 'target')), at('link'))
      return at('link', 'state')
    },
  ],
  [
    'behind a link that lies in a folder that all can write',
    ({ at, open, real }) => {
      symlinkSync(real, join(open, 'inner'))
      return at('open', 'inner', 'state')
    },
  ],
  [
    'behind a link to a link that lies in a folder that all can write',
    ({ at, open, real }) => {
      symlinkSync(real, join(open, 'inner'))
      symlinkSync(join(open, 'inner'), at('outer'))
      return at('outer', 'state')
    },
  ],
  [
    'behind a link that climbs through a folder that all can write',
    ({ at }) => {
      made(at('open', 'sub'))
      symlinkSync('open/sub/../../real', at('link'))
      return at('link', 'state')
    },
  ],
]

test.each(REFUSED)('a folder %s is refused', (_, path) => {
  using house = ways()
  expect(() => requireClosedParents(path(house), 'state folder')).toThrow(
    /open" above the state folder can be written by others: chmod go-w/,
  )
})

test('links that lead in a circle are refused', () => {
  using house = ways()
  symlinkSync('two', house.at('one'))
  symlinkSync('one', house.at('two'))
  expect(() => requireClosedParents(house.at('one', 'state'), 'state folder')).toThrow(/too many links/)
})

test('a slash or a dot at the end of a link makes it no folder', async () => {
  using house = ways()
  symlinkSync(house.real, house.at('link'))
  for (const end of ['', '/', '/.', '//', '/./']) {
    expect(() => requirePrivateFolder(house.at('link') + end)).toThrow(/is not a directory/)
    const init = { name: 'state folder', depth: 0, readable: 'closed' } as const
    await expect(preparePrivateFolder(house.at('link') + end, init)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  }
  expect(() => requirePrivateFolder('/')).not.toThrow()
})

test('nothing is made below a folder that others can write to', async () => {
  using house = ways()
  const init = { name: 'state folder', depth: 0, readable: 'closed' } as const
  await expect(preparePrivateFolder(house.at('open', 'a', 'b'), init)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  expect(() => rmSync(house.at('open', 'a'))).toThrow(/ENOENT/)
})

const byRoot = asRoot('links of another user')

byRoot('(root) a link of another user on the way is refused, in a sticky folder too', () => {
  using house = ways()
  chmodSync(house.open, 0o1777)
  planted(join(house.open, 'link'), 'link')
  expect(() => requireClosedParents(house.at('open', 'link', 'state'), 'state folder')).toThrow(
    /link ".*link" above the state folder belongs to user 4242/,
  )
})

byRoot('(root) refuses a folder that a system group can write, except for log files', () => {
  using house = ways()
  chownSync(house.real, 0, 104)
  chmodSync(house.real, 0o775)
  const path = join(house.real, 'state')
  expect(() => requireClosedParents(path, 'state folder')).toThrow(/real" above the state folder/)
  expect(() => requirePrivateFolder(house.real)).toThrow(/can be written by others/)
  expect(() => requireClosedParents(path, 'log file', { mayBeOfSystemGroup: true })).not.toThrow()
})

byRoot("(root) refuses a folder of root that a group may write, but not a person's own", () => {
  using house = ways()
  chownSync(house.real, 0, MALLORY)
  chmodSync(house.real, 0o775)
  expect(() => requireClosedParents(join(house.real, 'state'), 'state folder')).toThrow(/real" above the state folder/)
  chownSync(house.real, MALLORY, MALLORY)
  chmodSync(house.real, 0o775)
  expect(() => requireClosedParents(join(house.real, 'state'), 'state folder')).not.toThrow()
})
