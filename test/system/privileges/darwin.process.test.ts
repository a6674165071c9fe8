import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** What the reader of macOS does to become a user, in a process of its own: the calls are those of Linux too. */

const MODULE = resolve(import.meta.dirname, '../../../src/system/privileges/darwin.ts')
const asRoot = process.getuid?.() === 0 ? test : test.skip
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
const secret = join(folder.path, 'secret')
writeFileSync(secret, 'of root', { mode: 0o600 })

function become(user: object, then: string): unknown {
  const text = `
    const { becomeDarwinUser } = await import(${JSON.stringify(MODULE)})
    const { readFileSync } = await import('node:fs')
    const codeOf = (act) => { try { act(); return 'done' } catch ({ code }) { return code } }
    becomeDarwinUser(${JSON.stringify(user)})
    process.stdout.write(JSON.stringify(${then}))`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    env: {},
  })
  return status === 0 ? JSON.parse(stdout) : /code: '(\w+)'/.exec(stderr)?.[1]
}

asRoot('root becomes a user with one group, reads nothing of root and cannot go back', () => {
  const seen = become(
    { id: '501', posix: { uid: 501, gid: 20 } },
    `[process.getuid(), process.geteuid(), process.getegid(), process.getgroups(),
      codeOf(() => readFileSync(${JSON.stringify(secret)})), codeOf(() => process.setuid(0)),
      codeOf(() => process.seteuid(0)), codeOf(() => process.setgroups([0]))]`,
  )
  expect(seen).toEqual([501, 501, 20, [20], 'EACCES', 'EPERM', 'EPERM', 'EPERM'])
})

asRoot.each([
  ['without numbers', { id: '501' }],
  ['whose number is another', { id: '501', posix: { uid: 502, gid: 20 } }],
  ['with a number that no user has', { id: '-1', posix: { uid: -1, gid: 20 } }],
])('a user %s is refused, and nothing runs afterwards', (_, user) => {
  expect(become(user, '"went on"')).toBe('NOT_PERMITTED')
})
