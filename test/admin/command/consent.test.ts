import { join } from 'node:path'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'

let directory: TestDirectory
let seeded: Awaited<ReturnType<typeof seedDevice>>
// A fresh directory for each test: profiles are files, which nothing undoes.
beforeEach(async () => {
  directory = await startTestDirectory()
  seeded = await seedDevice(directory)
  const request = { name: 'ada', kind: 'administrator', role: 'viewer', ttlMs: 86_400_000 } as const
  await directory.services.principals.add(request, 'adm_test')
  await directory.services.principals.add({ ...request, name: 'vpn', kind: 'service', role: 'read' }, 'adm_test')
})
afterEach(() => directory[Symbol.asyncDispose]())

/** What ends something, and whether it has ended. */
const usable = async () => {
  const token = await directory.services.tokens.create({ owner: 'bob', ttlMs: 60_000, minimumTier: 'tpm' }, 'adm_test')
  return {
    args: ['token', 'revoke', token.id],
    ended: async () => (await directory.store.tokens.get(token.id))?.revokedAt,
  }
}
const named = (noun: string, name: string) => ({
  args: [noun, 'revoke', name],
  ended: async () => ((await directory.store.principals.list()).some((one) => one.name === name) ? undefined : 1),
})
const ACTS = {
  'devices retire': () => ({
    args: ['devices', 'retire', seeded.device, '--reason', 'lost'],
    ended: async () => ((await directory.store.devices.get(seeded.device))?.status === 'retired' ? 1 : undefined),
  }),
  'token revoke': usable,
  'administrators revoke': () => named('administrators', 'ada'),
  'services revoke': () => named('services', 'vpn'),
  'administrator reset': () => {
    let ended: number | undefined
    const resetAdministrator = async () => {
      ended = 1
      return '/nowhere'
    }
    return { args: ['administrator', 'reset'], ended: () => ended, others: { resetAdministrator } }
  },
} as const
type Act = { args: readonly string[]; ended: () => number | undefined | Promise<number | undefined>; others?: object }

describe.each(Object.keys(ACTS) as (keyof typeof ACTS)[])('%s', (name) => {
  test('is refused without a terminal, and done with --yes', async () => {
    const { args, ended, others }: Act = await ACTS[name]()
    const refused = await runCommand(directory, args, others)
    expect(refused).toEqual({
      exitCode: 1,
      out: '',
      err: 'surety-directory: nothing was changed: there is no terminal to ask, so give --yes [NOT_CONFIRMED]\n',
    })
    expect(await ended()).toBeUndefined()
    expect((await runCommand(directory, [...args, '--yes'], others)).exitCode).toBe(0)
    expect(await ended()).toEqual(expect.any(Number))
  })

  test('says to a viewer that the role may not, before it asks', async () => {
    const { args, others }: Act = await ACTS[name]()
    if (name === 'administrator reset') return // needs no token
    const profile = join(directory.folder, 'viewer.json')
    await runCommand(directory, ['administrators', 'add', 'vi', '--role', 'viewer', '--out', profile])
    const ask = () => Promise.reject(new TypeError('asked'))
    const { exitCode, err } = await runCommand(directory, [...args, '--profile', profile], { ...others, ask })
    expect({ exitCode, err }).toEqual({
      exitCode: 1,
      err: expect.stringMatching(/(vi has the role viewer, which may not [a-z-]+: ask an administrator|NOT_PERMITTED)/),
    })
  })

  test.each(['', 'n', 'no', 'yes please', 'j', ' '])('is not done for the answer %j', async (typed) => {
    const { args, ended, others }: Act = await ACTS[name]()
    const { exitCode, out, err } = await runCommand(directory, [...args, '--json'], {
      ...others,
      ask: async () => typed,
    })
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(err).toContain('"code":"NOT_CONFIRMED"')
    expect(await ended()).toBeUndefined()
  })

  test.each(['y', 'Y', ' yes '])('is done for the answer %j', async (typed) => {
    const { args, ended, others }: Act = await ACTS[name]()
    const questions: string[] = []
    const ask = async (question: string) => {
      questions.push(question)
      return typed
    }
    expect((await runCommand(directory, args, { ...others, ask })).exitCode).toBe(0)
    expect(questions).toEqual([expect.stringMatching(/\? \[y\/N\] $/)])
    expect(await ended()).toEqual(expect.any(Number))
  })
})

test('who retires a device sees which one it is, and its text moves no cursor', async () => {
  const { err } = await runCommand(directory, ['devices', 'retire', seeded.device, '--reason', 'lost'], {
    ask: async () => 'n',
  })
  expect(err).toMatch(/^device +dev_.*\nhost +<script>.*\nowner +alice@example.org\nverdict +not-compliant\n/)
  expect(err).not.toMatch(DANGEROUS)
  expect(err).not.toContain(HOSTILE_NAME)
})
