import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { startDirectory } from '../../../src/directory/directory.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A directory whose keys are gone while its register is there: every device and administrator knows it by them. */

async function started(dataFolder: string) {
  return await startDirectory(
    { clock: systemClock, log: silentLog },
    {
      dataFolder,
      devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
      names: ['localhost'],
      attestEveryMs: 3_600_000,
    },
    { signal: new AbortController().signal },
  )
}

async function pinsOf(dataFolder: string) {
  await using directory = await started(dataFolder)
  return directory.pins
}

/** A folder whose directory has given out an enrolment string, which holds the pins. */
async function used() {
  const folder = temporaryFolder()
  const data = join(folder.path, 'data')
  await using directory = await started(data)
  await directory.services.tokens.create({ owner: 'ada', ttlMs: 3_600_000, minimumTier: 'software' }, 'test')
  return { data, keys: join(data, 'keys'), pins: directory.pins, [Symbol.dispose]: folder[Symbol.dispose] }
}

const remove = (keys: string, ...names: readonly string[]) => names.forEach((name) => void rmSync(join(keys, name)))

test.each<[string, (keys: string) => void, RegExp]>([
  ['the folder of the keys is gone', (keys) => renameSync(keys, `${keys}.old`), /^the keys folder is gone, and/],
  [
    'the folder of the keys is empty',
    (keys) => {
      renameSync(keys, `${keys}.old`)
      mkdirSync(keys, { mode: 0o700 })
    },
    /^the root key is gone, and/,
  ],
  [
    'root key and delegations are gone',
    (keys) => remove(keys, 'root.key.pem', 'root.public.pem', 'delegations.json'),
    /^the root key is gone, and/,
  ],
  [
    'key and certificate of the CA are gone',
    (keys) => remove(keys, 'ca.key.pem', 'ca.cert.pem'),
    /^the CA key is gone/,
  ],
])('where %s no others are made, and it is said what to do', async (_, lose, words) => {
  using house = await used()
  lose(house.keys)
  const left = existsSync(house.keys) ? readdirSync(house.keys) : undefined
  for (let start = 0; start < 2; start++) {
    await expect(started(house.data)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(words),
    })
    await expect(started(house.data)).rejects.toThrow(`restore "${house.keys}" from a backup`)
  }
  expect(existsSync(house.keys) ? readdirSync(house.keys) : undefined).toEqual(left)
})

test('with its keys back it is who it was', async () => {
  using house = await used()
  renameSync(house.keys, `${house.keys}.old`)
  await expect(started(house.data)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  renameSync(`${house.keys}.old`, house.keys)
  expect(await pinsOf(house.data)).toEqual(house.pins)
})

test('one that has no devices starts over: its first start was interrupted', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const pins = await pinsOf(data)
  rmSync(join(data, 'keys'), { recursive: true })
  expect((await pinsOf(data)).root).not.toBe(pins.root)
})

test('its first administrator is enough to know it by', async () => {
  using folder = temporaryFolder()
  await (await serveDirectory(folder.path))[Symbol.asyncDispose]()
  rmSync(join(folder.path, 'keys'), { recursive: true })
  const ports = ['--devices-host', '127.0.0.1', '--devices-port', '0', '--api-port', '0', '--console-port', '0']
  expect(await runDirectory(['serve', '--data', folder.path, ...ports])).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(/the keys folder is gone.*restore ".*keys" from a backup.*\[STORE_CORRUPT\]\n$/),
  })
})
