import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const run = (...args: string[]) => runCommand(directory, args)
const preregistrations = (...args: string[]) => run('preregistrations', ...args)
const all = async () => (await directory.store.preregistrations.list({ limit: 500 })).items
const tokens = async () => (await directory.store.tokens.list({ limit: 500 }, directory.clock.now())).items

function fileOf(text: string | Buffer): string {
  const path = join(directory.folder, 'owners.csv')
  writeFileSync(path, text)
  return path
}

test('devices of a file are preregistered, listed and removed', async () => {
  const file = fileOf('PF-1,ada\nhost:lap-2,bob\n')
  expect(await preregistrations('add', file)).toEqual({
    exitCode: 0,
    out: '2 added, 0 changed, 0 unchanged\n',
    err: '',
  })
  directory.database.exec("UPDATE preregistrations SET owner = 'bob\u001b[31m' WHERE owner = 'bob'")
  const table = await preregistrations('list', '-o', 'table')
  expect(table.out).not.toMatch(DANGEROUS)
  expect(table.out).toMatch(/ host +lap-2 +bob\\x1b\[31m +-/)
  expect(table.out).toMatch(/\n2 preregistrations\n$/)
  expect((await preregistrations('list', '-o', 'csv')).out).toMatch(/^id,kind,name,owner,device,enrolled,added,by\r\n/)
  const removed = await preregistrations('remove', 'pf-1')
  expect(removed).toEqual({
    exitCode: 0,
    out: expect.stringMatching(/^preregistration pre_\S+ is removed\n$/),
    err: '',
  })
  expect((await all()).map(({ name }) => name)).toEqual(['lap-2'])
  expect((await preregistrations('list', '--unused', '-o', 'id')).out).toBe(`${(await all())[0]?.id}\n`)
  const { device } = { device: `dev_${'A'.repeat(22)}` }
  await directory.store.preregistrations.use((await all())[0]?.id ?? '', device, directory.clock.now())
  expect((await preregistrations('list', '--unused')).err).toBe('no preregistrations\n')
  expect((await preregistrations('remove', device)).out).toContain(`${device}, which enrolled with it, stays`)
})

test('a token with a file of owners preregisters its devices and takes only them', async () => {
  const { exitCode, err } = await run('token', 'create', '--owner-from', fileOf('PF-1,ada\nPF-2,bob\n'))
  expect({ exitCode, err: err.split('\n').map((line) => line.split(/ {2,}/)) }).toEqual({
    exitCode: 0,
    err: expect.arrayContaining([
      ['owner', 'of its preregistration'],
      ['uses', '2 devices'],
      ['takes', 'only preregistered devices'],
    ]),
  })
  expect(await all()).toHaveLength(2)
  expect(await tokens()).toMatchObject([{ uses: 2, preregistered: true, status: 'usable' }])
  expect((await tokens())[0]).not.toHaveProperty('owner')
  const { out } = await run('token', 'list', '-o', 'table')
  expect(out).toMatch(/ usable +- +0 of 2 +tpm-attested +preregistered /)
  expect((await run('token', 'create', '--uses', '500', '--preregistered', '--owner', 'lab')).exitCode).toBe(0)
  expect(await tokens()).toContainEqual(expect.objectContaining({ uses: 500, preregistered: true, owner: 'lab' }))
  expect((await run('token', 'create', '--uses', '3', '--owner', 'lab')).exitCode).toBe(0)
})

test.each([
  [['token', 'create'], 2, "required option '--owner <name>'"],
  [['token', 'create', '--uses', '500'], 2, "required option '--owner <name>'"],
  [['token', 'create', '--owner', 'x', '--uses', '0'], 2, 'a whole number from 1'],
  [['token', 'create', '--owner', 'x', '--uses', '100001'], 2, 'a whole number from 1'],
  [['token', 'create', '--owner', 'x', '--uses', 'many'], 2, 'a whole number from 1'],
  [['token', 'create', '--owner-from', '/nowhere.csv'], 1, 'there is no file /nowhere.csv'],
  [['preregistrations', 'add'], 2, "argument 'file'"],
  [['preregistrations', 'add', '/nowhere.csv'], 1, 'there is no file /nowhere.csv'],
  [['preregistrations', 'remove', 'PF-1'], 1, 'preregistrations list'],
  [['preregistrations', 'remove', `pre_${'A'.repeat(22)}`], 1, 'there is no preregistration'],
  [['preregistrations', 'list', '-o', 'xml'], 2, 'a format is one of'],
] as const)('%j is refused, and nothing is made', async (args, code, message) => {
  const { exitCode, out, err } = await run(...args)
  expect({ exitCode, out }).toEqual({ exitCode: code, out: '' })
  expect(err).toContain(message)
  expect([await all(), await tokens()]).toEqual([[], []])
})

test('a file with one wrong line makes neither preregistrations nor a token', async () => {
  for (const text of ['PF-1,ada\nPF-2', 'PF-1,ada\nPF-1,bob', Buffer.from('PF-1,\xe9', 'latin1'), 'PF-1,\u200b']) {
    const { exitCode, out } = await run('token', 'create', '--owner-from', fileOf(text))
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
  }
  mkdirSync(join(directory.folder, 'folder'))
  expect((await preregistrations('add', join(directory.folder, 'folder'))).exitCode).toBe(1)
  expect([await all(), await tokens()]).toEqual([[], []])
})

test.each([
  ['no items', {}, 400],
  ['an empty list', { items: [] }, 400],
  ['an unknown kind', { items: [{ kind: 'mac', name: 'x', owner: 'y' }] }, 400],
  ['an invisible name', { items: [{ kind: 'host', name: '\u200b', owner: 'y' }] }, 400],
  ['one twice', { items: [1, 2].map(() => ({ kind: 'host', name: 'x', owner: 'y' })) }, 400],
  [
    'too many',
    { items: Array.from({ length: 10_001 }, (_, at) => ({ kind: 'host', name: `${at}`, owner: 'y' })) },
    400,
  ],
  ['a member too many', { items: [{ kind: 'host', name: 'x', owner: 'y', device: 'z' }] }, 400],
  ['too much', { items: [{ kind: 'host', name: 'x'.repeat(5_000_000), owner: 'y' }] }, 413],
])('a request with %s is refused', async (_name, body, status) => {
  expect((await directory.ask('POST', '/api/v1/preregistrations', { body })).status).toBe(status)
  expect(await all()).toEqual([])
})

test('ten thousand devices are preregistered with one request', async () => {
  const items = Array.from({ length: 10_000 }, (_, at) => ({ kind: 'serial', name: `PF-${at}`, owner: `owner ${at}` }))
  const { status, json } = await directory.ask('POST', '/api/v1/preregistrations', { body: { items } })
  expect({ status, json }).toEqual({ status: 201, json: { added: 10_000, changed: 0, unchanged: 0 } })
})
