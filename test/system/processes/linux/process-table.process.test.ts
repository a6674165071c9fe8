import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { loadNativeAddon } from '../../../../src/system/native/native-addon.ts'
import { environmentNamesIn, readEnvironmentBlock } from '../../../../src/system/processes/environment-block.ts'
import { linuxProcesses, parseStat } from '../../../../src/system/processes/linux/process-table.ts'
import type { ProcessEntry } from '../../../../src/system/processes/process-table.ts'
import { describeProcessTable } from '../../../contracts/process-table.contract.ts'

const source = (name: string) => JSON.stringify(join(import.meta.dirname, '../../../../src/system', name))
const program = (components: string) => `
  import { linuxProcesses } from ${source('processes/linux/process-table.ts')}
  import { loadNativeAddon } from ${source('native/native-addon.ts')}
  const table = linuxProcesses(${components})`

describeProcessTable('linuxProcesses without the addon', linuxProcesses(), { program: program('') })

if (existsSync(join(import.meta.dirname, '../../../../native/build/surety-native.node'))) {
  const addon = loadNativeAddon()
  const native = linuxProcesses({ addon })
  describeProcessTable('linuxProcesses with the addon', native, { program: program('{ addon: loadNativeAddon() }') })

  test('with and without the addon the table is the same, but for the files of programs', async () => {
    const known = ({ pid, startTicks }: ProcessEntry) => `${pid} ${startTicks}`
    const scans = [await linuxProcesses().scan({}), await native.scan({}), await linuxProcesses().scan({})] as const
    const [before, between, after] = scans.map((scan) => new Map(scan.map((entry) => [known(entry), entry])))
    // What changed while we looked is no difference between the two; a worker of the kernel is called after its work, back and forth.
    const still = (name: string) =>
      before?.get(name)?.comm.startsWith('kworker/') !== true &&
      JSON.stringify(before?.get(name)) === JSON.stringify(after?.get(name))
    const names = [...(before?.keys() ?? [])].filter(still)
    expect(names.length).toBeGreaterThan(3)
    const withoutFile = (name: string) => {
      const { programFile: _, ...entry } = between?.get(name) ?? {}
      return entry
    }
    expect(names.map(withoutFile)).toEqual(names.map((name) => before?.get(name)))
  })
}

const FIELDS = '1 2 3 4 5 0 7 8 9 10 11 12 13 14 15 16 17 18 555'

test.each(['sh', 'a) b (c', '((sd-pam))', ''])('a process that calls itself %j is read', (name) => {
  expect(parseStat(`77 (${name}) S ${FIELDS} 20\n`)).toEqual({
    parentPid: 1,
    sessionId: 3,
    ttyNumber: 4,
    startTicks: 555,
    stackStart: 0,
    comm: name,
    kernelThread: false,
  })
})

test('parseStat never throws on any text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseStat(text)
      return parsed === undefined || Number.isSafeInteger(parsed.startTicks)
    }),
  )
})

test('keeps values only of the variables asked for, and only identifiers', () => {
  const read = (text: string) => readEnvironmentBlock(text, new Set(['THREAD', 'SESSION', 'EMPTY']))
  const named = (value: string) => read(`SECRET=hush\0THREAD=${value}\0SESSION=b-2\0EMPTY=\0`)
  expect(named('0199-ab:c')).toEqual({
    names: ['SECRET', 'THREAD', 'SESSION', 'EMPTY'],
    markers: { THREAD: '0199-ab:c', SESSION: 'b-2' },
  })
  for (const value of ['two words', 'line\nbreak', '\u001b[2J', 'x'.repeat(129), '-leading', '{"a":1}', 'ü']) {
    expect(named(value).markers).toEqual({ SESSION: 'b-2' })
  }
  expect(read('THREAD=first\0THREAD=second\0').markers).toEqual({ THREAD: 'first' })
  expect(read('=\0=x\0NOTHING\0').names).toEqual([])
})

test('no value of an environment is among its names', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const [line = ''] = value.split('\0')
      return environmentNamesIn(`NAME=${line}\0`).join() === 'NAME'
    }),
  )
})
