import { darwinHardware, platformFacts } from '../../../src/posture/darwin/hardware.ts'
import { collectInventory } from '../../../src/posture/inventory.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fixture, mac } from './mac.ts'

const options = { signal: new AbortController().signal }
const ANSWER = fixture('ioreg-platform.plist')

test('the registry of devices names the Mac', () => {
  expect(platformFacts(ANSWER)).toEqual({
    manufacturer: 'Apple Inc.',
    model: 'Mac16,5',
    serial: 'C02XXXXXXXXX',
    machineId: '5d0d176de8cc4e8b815c444a679390bd',
  })
})

test.each(['', '<plist><array/></plist>', ANSWER.slice(0, -40), '<plist><array><string>x</string></array></plist>'])(
  'an answer of %j names nothing',
  (stdout) => expect(platformFacts(stdout)).toEqual({}),
)

test('the inventory of a Mac says what it is', async () => {
  const components = mac(
    { '/System/Library/CoreServices/SystemVersion.plist': fixture('SystemVersion-26.5.2.plist') },
    { ioreg: { stdout: ANSWER } },
    { clock: new FakeClock() },
  )
  const found = await collectInventory(
    { ...components, hardware: darwinHardware(components), platform: 'darwin' },
    options,
  )
  expect(found).toMatchObject({
    platform: 'darwin',
    osName: 'macOS',
    osVersion: '26.5.2',
    serial: 'C02XXXXXXXXX',
    model: 'Mac16,5',
  })
})

test('a Mac whose programs do not answer is still named', async () => {
  const components = mac({}, {}, { clock: new FakeClock() })
  const found = await collectInventory(
    { ...components, hardware: darwinHardware(components), platform: 'darwin' },
    options,
  )
  expect(found).toMatchObject({ platform: 'darwin', osName: 'macOS', osVersion: 'unknown' })
})
