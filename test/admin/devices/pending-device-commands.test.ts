import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedPendingDevice } from '../../support/directory/pending-device.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME } from '../../support/directory/seeded-directory.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const run = (...args: string[]) => runCommand(directory, args)
const states = async () => (await directory.store.pendingDevices.list({ limit: 9 })).items.map(({ status }) => status)
const tokens = async () => (await directory.store.tokens.list({ limit: 500 }, directory.clock.now())).items

test('devices that wait are listed with what they prove and what they say', async () => {
  const id = await seedPendingDevice(directory, { hostname: HOSTILE_NAME })
  const table = await run('devices', 'pending', '-o', 'table')
  expect(table.out).not.toMatch(DANGEROUS)
  expect(table.out).toContain('required by its token')
  expect(table.out).toMatch(/\n1 pending device\n$/)
  expect((await run('devices', 'pending', '-o', 'csv')).out).toMatch(
    /^host,serial,owner,status,tier,asked,why,notes,id,/,
  )
  expect((await run('devices', 'pending', '-o', 'id')).out).toBe(`${id}\n`)
  expect((await run('devices', 'list', '-o', 'id')).out).toBe('')
  expect((await run('status')).out).toContain('1 wait for a decision (devices pending)')
})

test('one is accepted by its serial number, with another owner', async () => {
  const id = await seedPendingDevice(directory, { hostname: 'lap-7', serial: 'PF-7' })
  const { exitCode, out } = await run('devices', 'accept', 'PF-7', '--owner', 'bob', '--reason', 'ticket 7', '--yes')
  expect(exitCode).toBe(0)
  expect(out).toContain(`${id} is accepted`)
  expect(out).toContain('serial number PF-7')
  expect(await directory.store.devices.get(id)).toMatchObject({ owner: 'bob', status: 'active', epoch: 1 })
  expect((await run('devices', 'pending')).err).toBe('no device waits\n')
  expect(JSON.parse((await run('devices', 'pending', '--all', '--json')).out).pendingDevices).toMatchObject([
    { id, status: 'accepted', reason: 'ticket 7' },
  ])
  expect((await run('events', 'list', '--kind', 'device-accepted')).out).toContain(id)
})

test('what it proves and what it says are shown before it is let in', async () => {
  const id = await seedPendingDevice(directory, { hostname: HOSTILE_NAME, serial: 'PF-7' })
  const shown: string[] = []
  const answering = (answer: string) => ({
    ask: async (question: string) => {
      shown.push(question)
      return answer
    },
  })
  const no = await runCommand(directory, ['devices', 'accept', 'PF-7'], answering('n'))
  expect({ exitCode: no.exitCode, shown }).toEqual({ exitCode: 1, shown: [`Let in the device "PF-7"? [y/N] `] })
  expect(no.err).toContain(`${id} is pending`)
  expect(no.err).toMatch(/proven +a key\nsays +host .*serial number PF-7/)
  expect(no.err).not.toMatch(DANGEROUS)
  expect(await states()).toEqual(['pending'])
  expect(await runCommand(directory, ['devices', 'accept', 'PF-7'], answering('y'))).toMatchObject({ exitCode: 0 })
  expect(await states()).toEqual(['accepted'])
})

test('one is refused by the beginning of its id', async () => {
  const id = await seedPendingDevice(directory)
  const { out } = await run('devices', 'refuse', id.slice(0, 12), '--reason', 'no laptop of ours')
  expect(out).toContain(`${id} is refused`)
  expect(await directory.store.devices.get(id)).toBeUndefined()
  expect(await run('devices', 'accept', id, '--yes')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('[CONFLICT]'),
  })
})

test('a name of two devices accepts neither', async () => {
  await seedPendingDevice(directory, { hostname: 'lap-7' })
  await seedPendingDevice(directory, { hostname: 'LAP-7' })
  const { exitCode, err } = await run('devices', 'accept', 'lap-7', '--yes')
  expect({ exitCode, err }).toEqual({
    exitCode: 1,
    err: expect.stringMatching(/may be dev_.*dev_.*give its id.*NOT_FOUND/s),
  })
  expect(await states()).toEqual(['pending', 'pending'])
})

test.each([
  ['no such device', ['accept', 'lap-9'], 1, 'NOT_FOUND'],
  ['an id of no pending device', ['refuse', `dev_${'A'.repeat(22)}`], 1, 'NOT_FOUND'],
  ['no name', ['accept'], 2, 'USAGE_INVALID'],
  ['an empty name', ['accept', ''], 2, 'USAGE_INVALID'],
  ['to accept without a yes', ['accept', 'lap-7'], 1, 'NOT_CONFIRMED'],
  ['an owner that is empty', ['accept', 'lap-7', '--owner', '', '--yes'], 2, 'USAGE_INVALID'],
  ['a reason that is too long', ['refuse', 'lap-7', '--reason', 'x'.repeat(501)], 1, 'INPUT_MALFORMED'],
  ['an owner for a refusal', ['refuse', 'lap-7', '--owner', 'bob'], 2, 'USAGE_INVALID'],
])('refuses %s', async (_, args, exitCode, code) => {
  await seedPendingDevice(directory, { hostname: 'lap-7' })
  const ran = await run('devices', ...args, '--json')
  expect({ exitCode: ran.exitCode, code: JSON.parse(ran.err).error.code }).toEqual({ exitCode, code })
  expect(await states()).toEqual(['pending'])
})

test('tokens say which devices wait', async () => {
  const made = await run('token', 'create', '--owner', 'ada', '--uses', '20', '--pending', 'all', '--unbound')
  expect(made.err).toMatch(/waiting +new devices, until a person accepts them\nidentified +only by their TPMs\n/)
  const file = join(directory.folder, 'owners.csv')
  writeFileSync(file, 'PF-1,ada\n')
  const both = await run(
    'token',
    'create',
    '--owner',
    'ada',
    '--owner-from',
    file,
    '--pending',
    'unlisted',
    '--uses',
    '9',
  )
  expect(both.exitCode).toBe(0)
  expect(await tokens()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ pending: 'all', unbound: true, uses: 20 }),
      expect.objectContaining({ pending: 'unlisted', uses: 9, owner: 'ada' }),
    ]),
  )
  expect((await tokens()).filter(({ preregistered }) => preregistered === true)).toEqual([])
})

test.each([
  ['--pending none', ['--owner', 'ada', '--pending', 'none'], 2, 'USAGE_INVALID'],
  ['unlisted devices without an owner', ['--preregistered', '--pending', 'unlisted'], 2, 'USAGE_INVALID'],
  ['both at once', ['--owner', 'ada', '--preregistered', '--pending', 'unlisted'], 1, 'INPUT_MALFORMED'],
  ['--unbound for one device', ['--owner', 'ada', '--unbound'], 1, 'INPUT_MALFORMED'],
])('makes no token with %s', async (_, args, exitCode, code) => {
  const ran = await run('token', 'create', ...args, '--json')
  expect({ exitCode: ran.exitCode, code: JSON.parse(ran.err).error.code }).toEqual({ exitCode, code })
  expect(await tokens()).toEqual([])
})
