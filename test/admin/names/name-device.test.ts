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

  test('refuses an ambiguous name and lists the devices: names are claims of devices', async () => {
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

  test('is found by its serial number and its owner, wherever a device is named', async () => {
    const { device } = await seedDevice(directory, testKey('has a serial'))
    const label = JSON.stringify({ hostname: 'lap-9', platform: 'linux', arch: 'x64', serial: 'PF-77' })
    directory.database.prepare('UPDATE devices SET label_json = ?, owner = ? WHERE id = ?').run(label, 'eve', device)
    for (const name of ['PF-77', 'eve', 'LAP-9']) {
      expect((await run(['devices', 'show', name])).out).toContain(`device       ${device}\n`)
      expect((await run(['events', 'list', '--device', name])).exitCode).toBe(0)
      expect((await run(['agents', 'list', '--device', name, '--json'])).exitCode).toBe(0)
    }
    expect((await run(['devices', 'show', 'pf-77'])).exitCode).toBe(1)
  })

  test('a name of an active device excludes retired ones, and a short id includes them', async () => {
    const retired = await called('retired namesake', 'namesake')
    await directory.store.devices.retire(retired)
    expect((await run(['devices', 'show', 'namesake'])).out).toContain(`device       ${retired}\n`)
    const active = await called('active namesake', 'namesake')
    expect((await run(['devices', 'show', 'namesake'])).out).toContain(`device       ${active}\n`)
    const impostor = await called('calls itself like an id', retired.slice(0, 12))
    const { exitCode, err } = await run(['devices', 'retire', retired.slice(0, 12), '--reason', 'stolen'])
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining(impostor) })
    expect(err).toContain(retired)
  })

  test.each([['laptop'], ['dev_'], ['dev_AAA'], ['%'], ['\u001b[31m']])('%j names none', async (name) => {
    const { exitCode, out, err } = await run(['devices', 'show', name])
    expect({ exitCode, out, dangerous: DANGEROUS.test(err) }).toEqual({ exitCode: 1, out: '', dangerous: false })
    expect(err).toMatch(/^surety-directory: no device has the id.*devices list \[DEVICE_UNKNOWN\]\n$/)
  })
})
