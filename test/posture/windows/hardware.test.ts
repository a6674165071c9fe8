import { reader } from '../../../src/base/schema.ts'
import { collectInventory } from '../../../src/posture/inventory.ts'
import { windowsHardware } from '../../../src/posture/windows/hardware.ts'
import { inventorySchema } from '../../../src/protocol/messages/evidence.ts'
import { windowsFacts } from '../../../src/system/facts/windows.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  type Change,
  changed,
  NO_WINDOWS,
  recordedMachine,
  recordedWindows,
} from '../../support/platforms/recorded-windows.ts'
import { treeFiles } from '../tree-files.ts'

const SOUND = recordedMachine('managed-laptop')
const inventory = reader(inventorySchema, { name: 'inventory' })

async function inventoryOf(machine: typeof SOUND) {
  const clock = new FakeClock()
  const hardware = windowsHardware(windowsFacts({ addon: recordedWindows(machine), clock }))
  const components = { files: treeFiles({}), clock, hardware, platform: 'windows' as const }
  return inventory.read(await collectInventory(components, { signal: new AbortController().signal }))
}

const cimv2 = (classes: object): Change => ({ wmi: { 'root\\cimv2': classes } })

test('a laptop: maker, model that people know, serial, release with its revision', async () => {
  expect(await inventoryOf(SOUND)).toMatchObject({
    manufacturer: 'LENOVO',
    model: 'ThinkPad T14 Gen 4 (21HQCTO1WW)',
    serial: 'PF4ABCDE',
    virtual: false,
    osName: 'Microsoft Windows 11 Enterprise',
    osVersion: '25H2 (10.0.26200.7171)',
    cpu: '13th Gen Intel(R) Core(TM) i7-1365U',
    cpuCores: 10,
    memoryBytes: 34_013_265_920,
    machineId: '5c2f2f0e-53b7-4a2b-9d3e-6f0e7c1d2a90',
  })
})

test.each<[string, Change, object]>([
  [
    'a virtual machine',
    cimv2({
      Win32_ComputerSystem: [
        { Manufacturer: 'Microsoft Corporation', Model: 'Virtual Machine', HypervisorPresent: true },
      ],
    }),
    { virtual: true, model: 'Virtual Machine' },
  ],
  ['a serial that means nothing', cimv2({ Win32_BIOS: [{ SerialNumber: 'To be filled by O.E.M.' }] }), {}],
  [
    'an old Windows 10',
    {
      registry: {
        'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion': { DisplayVersion: undefined, UBR: undefined },
      },
    },
    { osVersion: '10.0.26200' },
  ],
  [
    'a build of a wrong type',
    { registry: { 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion': { CurrentBuild: 7 } } },
    { osVersion: 'unknown' },
  ],
  [
    'classes that are empty',
    cimv2({ Win32_OperatingSystem: [], Win32_Processor: [] }),
    { osName: 'Windows 10 Enterprise', cpuCores: expect.any(Number) },
  ],
  [
    'numbers that are texts',
    cimv2({ Win32_Processor: [{ Name: 7, NumberOfCores: '10' }] }),
    { cpu: expect.any(String) },
  ],
])('%s', async (_, change, expected) => {
  expect(await inventoryOf(changed(SOUND, change))).toMatchObject(expected)
})

test('a Windows that says nothing still fits the wire', async () => {
  expect(await inventoryOf(NO_WINDOWS)).toMatchObject({ platform: 'windows', osName: 'Windows', osVersion: 'unknown' })
})
