import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { DANGEROUS, runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

const run = (args: readonly string[]) => runCommand(directory, args)

describe('a device by another name than its id', () => {
  const called = async (name: string, hostname: string) => {
    const { device } = await seedDevice(directory, testKey(name))
    const label = JSON.stringify({ hostname, platform: 'linux', arch: 'x64' })
    directory.database.prepare('UPDATE devices SET label_json = ? WHERE id = ?').run(label, device)
    return device
  }

  test('is found by its host name, in any case, and by the beginning of its id', async () => {
    const laptop = await called('laptop', 'laptop-7')
    for (const name of ['laptop-7', 'LAPTOP-7', laptop.slice(0, 16), laptop]) {
      expect((await run(['devices', 'show', name])).out).toContain(`device       ${laptop}\n`)
    }
    const agents = await run(['agents', 'list', '--device', 'laptop-7', '--json'])
    expect(new Set(JSON.parse(agents.out).agents.map((one: { device: string }) => one.device))).toEqual(
      new Set([laptop]),
    )
    expect((await run(['agents', 'show', 'laptop-7', '0000'])).out).toContain(`on ${laptop}, first seen`)
    expect((await run(['devices', 'order', 'laptop-7', 'collect', '--reason', 'x'])).exitCode).toBe(0)
  })

  test('is refused with those it may be where there are more: a device calls itself what it likes', async () => {
    const devices = [await called('first twin', 'twin'), await called('second twin', 'twin')].toSorted()
    const refused = await run(['devices', 'retire', 'twin', '--reason', 'stolen'])
    expect(refused).toEqual({
      exitCode: 1,
      out: '',
      err:
        `surety-directory: "twin" may be ${devices[0]} (active, of alice@example.org), ` +
        `${devices[1]} (active, of alice@example.org): give its id [DEVICE_UNKNOWN]\n`,
    })
    // One that takes another's id for its name does not take its place.
    const [other = ''] = devices
    await called('impostor', other)
    expect((await run(['devices', 'show', other])).out).toContain(`device       ${other}\n`)
    expect((await run(['devices', 'show', other.slice(0, 25)])).out).toContain(`device       ${other}\n`)
  })

  test.each([['laptop'], ['dev_'], ['dev_AAA'], ['%'], ['\u001b[31m']])('%j names none', async (name) => {
    const { exitCode, out, err } = await run(['devices', 'show', name])
    expect({ exitCode, out, dangerous: DANGEROUS.test(err) }).toEqual({ exitCode: 1, out: '', dangerous: false })
    expect(err).toMatch(/^surety-directory: no device has the host name .*devices list \[DEVICE_UNKNOWN\]\n$/)
  })
})
