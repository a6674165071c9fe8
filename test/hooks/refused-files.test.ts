import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { describeError } from '../../src/base/errors.ts'
import { HOOK_PROGRAMS } from '../../src/hooks/hook-files.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { type MadeSystem, madeSystem, PLACES } from './made-system.ts'

const asRoot = process.geteuid?.() === 0 ? test : test.skip
const CURSOR = PLACES.cursor
const KEPT = '/var/lib/surety/hooks/cursor.json'

/** Refused by this code, by a message that has this in it, and with nothing changed. */
async function refuses(system: MadeSystem, work: () => Promise<unknown>, code: string, words: string | RegExp) {
  const before = [system.etc(), system.state()]
  let message = 'not refused'
  expect(
    await codeThrown(async () => {
      try {
        await work()
      } catch (error) {
        message = describeError(error)
        throw error
      }
    }),
  ).toBe(code)
  expect(message).toMatch(words)
  expect([system.etc(), system.state()]).toEqual(before)
}

type Spoil = (system: MadeSystem) => void

const PLACES_THAT_ARE_REFUSED: readonly (readonly [
  what: string,
  spoil: Spoil,
  code: string,
  words: string | RegExp,
])[] = [
  [
    'a link in the place of the file',
    ({ at, write }) => {
      write('/home/ann/hooks.json', '{}')
      mkdirSync(at('/etc/cursor'))
      symlinkSync(at('/home/ann/hooks.json'), at(CURSOR))
    },
    'FILE_IS_LINK',
    'cursor/hooks.json" is a link',
  ],
  [
    'a link that leads nowhere',
    ({ at }) => {
      mkdirSync(at('/etc/cursor'))
      symlinkSync('nowhere', at(CURSOR))
    },
    'FILE_IS_LINK',
    'cursor/hooks.json" is a link',
  ],
  [
    'a folder that is a link',
    ({ at }) => {
      mkdirSync(at('/srv/cursor'), { recursive: true })
      symlinkSync(at('/srv/cursor'), at('/etc/cursor'))
    },
    'FILE_IS_LINK',
    'etc/cursor" is a link',
  ],
  [
    'a link above the folder',
    ({ at }) => {
      renameSync(at('/etc'), at('/real-etc'))
      symlinkSync('real-etc', at('/etc'))
    },
    'FILE_IS_LINK',
    'etc" is a link',
  ],
  [
    'a folder in the place of the file',
    ({ at }) => mkdirSync(at(CURSOR), { recursive: true }),
    'FILE_NOT_REGULAR',
    'hooks.json',
  ],
  ['a file in the place of the folder', ({ write }) => write('/etc/cursor', ''), 'STORE_FAILED', 'is not a directory'],
  [
    'a file that all may write',
    ({ write }) => write(CURSOR, '{}', 0o666),
    'STORE_FAILED',
    'hooks.json" can be written by others: chmod',
  ],
  [
    'a file that a group may write',
    ({ write }) => write(CURSOR, '{}', 0o664),
    'STORE_FAILED',
    'can be written by others',
  ],
  [
    'a folder that a group may write',
    ({ at, write }) => {
      write(CURSOR, '{}')
      chmodSync(at('/etc/cursor'), 0o775)
    },
    'STORE_FAILED',
    'etc/cursor" can be written by others',
  ],
  [
    'a sticky folder that all may write',
    ({ at }) => {
      mkdirSync(at('/etc/cursor'))
      chmodSync(at('/etc/cursor'), 0o1777)
    },
    'STORE_FAILED',
    'can be written by others',
  ],
  [
    'a folder above that all may write',
    ({ at }) => chmodSync(at('/etc'), 0o777),
    'STORE_FAILED',
    'etc" can be written by others',
  ],
  [
    'a file with more than a mebibyte',
    ({ write }) => write(CURSOR, `{"a": "${'x'.repeat(1024 * 1024)}"}`),
    'FILE_TOO_LARGE',
    'hooks.json',
  ],
  [
    'a huge file with holes',
    ({ at, write }) => {
      write(CURSOR, '{}')
      truncateSync(at(CURSOR), 2 ** 40)
    },
    'FILE_TOO_LARGE',
    'hooks.json',
  ],
  [
    'a file that was cut',
    ({ write }) => write(CURSOR, '{\n  "version": 1,\n  "hooks": {'),
    'INPUT_MALFORMED',
    'hooks.json": line 3: it ends',
  ],
  [
    'a file that is no text',
    ({ write }) => write(CURSOR, Uint8Array.of(0x7b, 0xff, 0x7d)),
    'INPUT_MALFORMED',
    'hooks.json": not UTF-8',
  ],
  ['a file of zeros', ({ write }) => write(CURSOR, new Uint8Array(64)), 'INPUT_MALFORMED', 'line 1: not JSON'],
  [
    'a list in the place of hooks',
    ({ write }) => write(CURSOR, '{"hooks": []}'),
    'INPUT_MALFORMED',
    '"hooks" must be an object',
  ],
  ['another version', ({ write }) => write(CURSOR, '{"version": 2}'), 'CONFLICT', 'its member "version" is not 1'],
  [
    'another hook of ours',
    ({ write }) => write(CURSOR, '{"hooks":{"preToolUse":[{"command":"surety-hook"}]}}'),
    'CONFLICT',
    'remove it',
  ],
  ['no program', ({ at }) => rmSync(at(HOOK_PROGRAMS.linux)), 'FILE_ABSENT', 'install the package surety first'],
  [
    'no folder of programs',
    ({ at }) => rmSync(at('/usr/lib'), { recursive: true }),
    'FILE_ABSENT',
    'install the package',
  ],
  [
    'a program that users cannot start',
    ({ at }) => chmodSync(at(HOOK_PROGRAMS.linux), 0o700),
    'STORE_FAILED',
    'users cannot start',
  ],
  [
    'a program that others may write',
    ({ at }) => chmodSync(at(HOOK_PROGRAMS.linux), 0o777),
    'STORE_FAILED',
    'surety-hook" can be written',
  ],
  [
    'a program that is a link',
    ({ at }) => {
      renameSync(at(HOOK_PROGRAMS.linux), at('/usr/lib/other'))
      symlinkSync(at('/usr/lib/other'), at(HOOK_PROGRAMS.linux))
    },
    'FILE_IS_LINK',
    'surety-hook" is a link',
  ],
]

test.each(PLACES_THAT_ARE_REFUSED)('install refuses %s, and changes no file', async (_, spoil, code, words) => {
  using system = madeSystem()
  spoil(system)
  await refuses(system, () => system.install(), code, words)
  await refuses(system, () => system.install(['cursor']), code, words)
  await refuses(system, () => system.install(['cursor'], { dryRun: true }), code, words)
})

asRoot.each([
  ['the file', CURSOR],
  ['its folder', dirname(CURSOR)],
  ['a folder above', '/etc'],
  ['the program', HOOK_PROGRAMS.linux],
])('install refuses %s of another user', async (_, path) => {
  using system = madeSystem()
  system.write(CURSOR, '{}')
  chownSync(system.at(path), 1000, 1000)
  await refuses(system, () => system.install(['cursor']), 'STORE_FAILED', 'belongs to user 1000')
})

test('a file that cannot be read is one line of the list, and no end of it', async () => {
  using system = madeSystem()
  await system.install(['codex'])
  symlinkSync('nowhere', system.at('/etc/cursor'))
  expect((await system.stateOf('codex')).state).toBe('installed')
  expect(await system.stateOf('cursor')).toMatchObject({
    state: 'unknown',
    reason: expect.stringContaining('is a link'),
  })
})

test('a file with a second name is replaced, and the other name keeps its bytes', async () => {
  using system = madeSystem()
  system.write(CURSOR, '{}')
  linkSync(system.at(CURSOR), system.at('/var/second'))
  await system.install(['cursor'])
  expect(readFileSync(system.at('/var/second'), 'utf8')).toBe('{}')
})

describe('a file that was changed after the install', () => {
  const CHANGES: readonly (readonly [string, Spoil])[] = [
    ['other bytes', ({ write }) => write(CURSOR, '{"version": 1, "hooks": {}}')],
    ['one more line end', ({ at, write }) => write(CURSOR, `${readFileSync(at(CURSOR), 'utf8')}\n`)],
    ['no bytes', ({ at }) => truncateSync(at(CURSOR))],
    ['no file', ({ at }) => rmSync(at(CURSOR))],
    ['no folder', ({ at }) => rmSync(at('/etc/cursor'), { recursive: true })],
  ]

  test.each(CHANGES)('%s: both commands refuse, --force restores and keeps it', async (_, change) => {
    using system = madeSystem()
    system.write(CURSOR, '{"version": 1}\n', 0o600)
    const before = system.etc()
    await system.install(['cursor'])
    change(system)
    expect(await system.stateOf('cursor')).toMatchObject({ state: 'altered', file: system.at(CURSOR) })
    const undo = 'surety hooks uninstall --client cursor --force'
    await refuses(system, () => system.install(['cursor']), 'CONFLICT', undo)
    await refuses(system, () => system.uninstall(['cursor']), 'CONFLICT', undo)
    const changed = system.etc()['cursor/hooks.json']
    const [done] = await system.uninstall(['cursor'], { force: true })
    expect(done?.outcome).toBe('restored')
    const { 'cursor/hooks.json.changed': kept, ...rest } = system.etc()
    expect(rest).toEqual(before)
    expect(kept?.split(' ')[1]).toBe(changed?.split(' ')[1])
    expect(done?.changedFile).toBe(changed === undefined ? undefined : system.at(`${CURSOR}.changed`))
    expect((await system.stateOf('cursor')).state).toBe('not-installed')
  })

  test('one that has a .changed file beside it already is not overwritten', async () => {
    using system = madeSystem()
    system.write(CURSOR, '{}')
    await system.install(['cursor'])
    system.write(CURSOR, '{"a": 1}')
    system.write(`${CURSOR}.changed`, 'from before')
    await refuses(system, () => system.uninstall(['cursor'], { force: true }), 'CONFLICT', 'exists already')
  })

  test('one that was put back by hand needs no force', async () => {
    using system = madeSystem()
    system.write(CURSOR, '{}')
    const before = system.etc()
    await system.install(['cursor'])
    system.write(CURSOR, '{}')
    expect((await system.stateOf('cursor')).state).toBe('not-installed')
    await system.uninstall(['cursor'])
    expect(system.etc()).toEqual(before)
  })

  test('a refused one keeps all others as they are', async () => {
    using system = madeSystem()
    await system.install()
    system.write(PLACES.windsurf, '{}')
    await refuses(system, () => system.uninstall(), 'CONFLICT', 'windsurf')
  })

  test('force does not follow a link', async () => {
    using system = madeSystem()
    system.write(CURSOR, '{}')
    await system.install(['cursor'])
    system.write('/home/ann/x', 'hers')
    rmSync(system.at(CURSOR))
    symlinkSync(system.at('/home/ann/x'), system.at(CURSOR))
    await refuses(system, () => system.uninstall(['cursor'], { force: true }), 'FILE_IS_LINK', 'hooks.json')
    expect(readFileSync(system.at('/home/ann/x'), 'utf8')).toBe('hers')
  })

  test('a foreign file under our name is altered, and an install replaces it', async () => {
    using system = madeSystem()
    system.write(PLACES['claude-code'], '{}')
    expect((await system.stateOf('claude-code')).state).toBe('altered')
    await system.install(['claude-code'])
    expect((await system.stateOf('claude-code')).state).toBe('installed')
  })
})

describe('what is kept of a file', () => {
  const DAMAGES: readonly (readonly [string, Spoil, string])[] = [
    ['cut', ({ at }) => truncateSync(at(KEPT), 100), 'STORE_CORRUPT'],
    ['empty', ({ at }) => truncateSync(at(KEPT)), 'STORE_CORRUPT'],
    ['without its document', ({ write }) => write(KEPT, '{}', 0o600), 'STORE_CORRUPT'],
    [
      'with another byte',
      ({ at, write }) => write(KEPT, readFileSync(at(KEPT), 'utf8').replace('e30', 'e31'), 0o600),
      'STORE_CORRUPT',
    ],
    ['open to others', ({ at }) => chmodSync(at(KEPT), 0o644), 'NOT_PERMITTED'],
    ['too large', ({ write }) => write(KEPT, ' '.repeat(3 * 1024 * 1024), 0o600), 'FILE_TOO_LARGE'],
    [
      'a link',
      ({ at }) => {
        renameSync(at(KEPT), at('/var/moved'))
        symlinkSync(at('/var/moved'), at(KEPT))
      },
      'FILE_IS_LINK',
    ],
    ['in a folder that others may write', ({ at }) => chmodSync(at(dirname(KEPT)), 0o777), 'STORE_FAILED'],
  ]

  test.each(DAMAGES)('is not used when it is %s', async (_, spoil, code) => {
    using system = madeSystem()
    system.write(CURSOR, '{}')
    await system.install(['cursor'])
    spoil(system)
    await refuses(system, () => system.uninstall(['cursor'], { force: true }), code, /cursor|hooks/)
    await refuses(system, () => system.install(['cursor'], { onlyManaged: true }), code, /cursor|hooks/)
    expect((await system.stateOf('cursor')).state).toBe('unknown')
  })

  test.each([
    [
      'a file in the place of its folder',
      (system: MadeSystem) => system.write('/var/lib/surety/hooks', ''),
      'STORE_FAILED',
    ],
    [
      'a link in the place of the state folder',
      ({ at }: MadeSystem) => {
        rmSync(at('/var/lib/surety'), { recursive: true })
        mkdirSync(at('/srv'))
        symlinkSync(at('/srv'), at('/var/lib/surety'))
      },
      'FILE_IS_LINK',
    ],
    ['no /var/lib', ({ at }: MadeSystem) => rmSync(at('/var/lib'), { recursive: true }), 'STORE_FAILED'],
  ])('cannot be written to %s, and nothing is installed', async (_, spoil, code) => {
    using system = madeSystem()
    system.write(CURSOR, '{}')
    spoil(system)
    const before = system.etc()
    expect(await codeThrown(() => system.install(['cursor']))).toBe(code)
    expect(system.etc()).toEqual(before)
  })

  test('nothing unfinished stays beside a file', async () => {
    using system = madeSystem()
    await system.install()
    const names = [...Object.keys(system.etc()), ...readdirSync(system.at(dirname(KEPT)))]
    expect(names.filter((name) => name.includes('.tmp'))).toEqual([])
  })
})

test('a device without a gate is refused', async () => {
  using system = madeSystem()
  const gate = { socket: system.at('hooks.sock'), withinMs: 0 }
  await refuses(system, () => system.install([], { gate }), 'NOT_SUPPORTED', 'no gate answers at')
})

test('a file in the place of the gate is refused', async () => {
  using system = madeSystem()
  system.write('hooks.sock', '')
  const gate = { socket: system.at('hooks.sock'), withinMs: 0 }
  await refuses(system, () => system.install([], { gate }), 'NOT_SUPPORTED', 'no gate answers at')
})
