import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { reader } from '../../src/base/schema.ts'
import { type HardwareFacts, type HardwareReader, systeminformationHardware } from '../../src/posture/hardware.ts'
import { collectInventory } from '../../src/posture/inventory.ts'
import { type Inventory, inventorySchema } from '../../src/protocol/messages/evidence.ts'
import { trustedFiles } from '../../src/system/files/foreign/linux.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type Tree, treeFiles } from './tree-files.ts'

const never = { signal: new AbortController().signal }
const inventory = reader(inventorySchema, { name: 'inventory' })

const TREE: Tree = {
  '/etc/os-release': 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\n',
  '/sys/class/dmi/id/sys_vendor': 'LENOVO\n',
  '/sys/class/dmi/id/product_name': '21CB\n',
  '/sys/class/dmi/id/product_serial': { denied: true },
}

function collect(
  facts: HardwareFacts | Error,
  tree: Tree = TREE,
  platform: Inventory['platform'] = 'linux',
): Promise<Inventory> {
  const hardware: HardwareReader = {
    read: async () => {
      if (facts instanceof Error) throw facts
      return facts
    },
  }
  return collectInventory({ files: treeFiles(tree), clock: new FakeClock(), hardware, platform }, never)
}

test('what the library says goes first, files fill in, and all of it fits the wire', async () => {
  const found = await collect({
    model: 'ThinkPad\u0000 X1 ',
    serial: 'PF-3ABC',
    virtual: false,
    cpu: 'Intel',
    cpuCores: 8,
    memoryBytes: 17,
    machineId: 'a'.repeat(32),
  })
  expect(inventory.read(found)).toEqual({
    hostname: expect.any(String),
    machineId: 'a'.repeat(32),
    serial: 'PF-3ABC',
    manufacturer: 'LENOVO',
    model: 'ThinkPad  X1',
    platform: 'linux',
    arch: expect.any(String),
    osName: 'Debian GNU/Linux',
    osVersion: '13',
    kernel: expect.any(String),
    cpu: 'Intel',
    cpuCores: 8,
    memoryBytes: 17,
    virtual: false,
  })
})

test.each([
  '-',
  '',
  'None',
  '0',
  '00000000',
  'To Be Filled By O.E.M.',
  'Default string',
  'System Serial Number',
  'Not Specified',
  '\u200b',
])('the serial number %j is none', async (serial) => {
  expect(await collect({ serial })).not.toHaveProperty('serial')
})

test('the processor knows a virtual machine that the library does not', async () => {
  const tree = { ...TREE, '/proc/cpuinfo': 'processor\t: 0\nflags\t\t: fpu vme hypervisor lahf_lm\n' }
  expect(await collect({ virtual: false }, tree)).toMatchObject({ virtual: true })
})

test('a reader that fails leaves what the files say', async () => {
  expect(await collect(new Error('no'))).toMatchObject({ manufacturer: 'LENOVO', model: '21CB', osVersion: '13' })
})

test('a reader that hangs is left behind', async () => {
  const clock = new FakeClock()
  const hardware: HardwareReader = { read: () => new Promise(() => undefined) }
  const collecting = collectInventory({ files: treeFiles(TREE), clock, hardware, platform: 'linux' }, never)
  await clock.advance(10_000)
  expect(await collecting).toMatchObject({ manufacturer: 'LENOVO' })
})

test('nothing to read at all still makes an inventory', async () => {
  expect(inventory.read(await collect({}, {}))).toMatchObject({ osName: 'Linux', osVersion: 'unknown' })
})

test('stops when aborted', async () => {
  const stop = new AbortController()
  const hardware: HardwareReader = { read: () => new Promise(() => undefined) }
  const collecting = collectInventory(
    { files: treeFiles(TREE), clock: new FakeClock(), hardware, platform: 'linux' },
    { signal: stop.signal },
  )
  stop.abort(new Error('enough'))
  await expect(collecting).rejects.toThrow('enough')
})

describe('systeminformation and node-machine-id on this machine', () => {
  let folder: string
  const path = process.env.PATH ?? ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'surety-path-'))
  })
  afterEach(async () => {
    process.env.PATH = path
    await rm(folder, { recursive: true })
  })

  test('answer, and run nothing that is in our own PATH', async () => {
    for (const name of ['lscpu', 'dmidecode', 'cat', 'head', 'grep', 'dmesg', 'ls', 'hostname', 'sh']) {
      await writeFile(join(folder, name), `#!/bin/sh\ntouch ${folder}/ran-${name}\n`)
      await chmod(join(folder, name), 0o755)
    }
    const before = await readdir(folder)
    process.env.PATH = `${folder}:${path}`
    const found = await collectInventory(
      { files: trustedFiles(), clock: systemClock, hardware: systeminformationHardware(), platform: 'linux' },
      never,
    )
    expect(inventory.read(found)).toMatchObject({ platform: 'linux', cpuCores: expect.any(Number) })
    expect(found.memoryBytes).toBeGreaterThan(100_000_000)
    expect(await readdir(folder)).toEqual(before)
  })

  test('are given up when aborted', async () => {
    await expect(systeminformationHardware().read({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })
})

test('on another system nothing is read of files of Linux', async () => {
  const tree = { ...TREE, '/etc/machine-id': 'planted\n', '/proc/cpuinfo': 'flags : hypervisor\n' }
  expect(await collect({ osVersion: '15.2' }, tree, 'darwin')).toEqual({
    hostname: expect.any(String),
    platform: 'darwin',
    arch: expect.any(String),
    osName: 'macOS',
    osVersion: '15.2',
    kernel: expect.any(String),
    cpu: expect.any(String),
    cpuCores: expect.any(Number),
    memoryBytes: expect.any(Number),
  })
})
