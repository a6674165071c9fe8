import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { parsePropertyList } from '../../../src/base/property-lists/property-list.ts'

const PYTHON = '/usr/bin/python3'
const withPython = existsSync(PYTHON) ? test : test.skip

withPython('Python writes what we read', () => {
  const program = `
import plistlib, sys
value = {'t': 'ü', 'n': 2**40, 's': -5, 'b': b'\\x00\\xff', 'l': list(range(300)), 'r': 0.25, 'long': 'x' * 1000}
sys.stdout.buffer.write(plistlib.dumps(value, fmt=plistlib.FMT_BINARY))`
  expect(parsePropertyList(execFileSync(PYTHON, ['-c', program]))).toEqual({
    t: 'ü',
    n: 2 ** 40,
    s: -5,
    b: Uint8Array.of(0, 255),
    r: 0.25,
    long: 'x'.repeat(1000),
    l: Array.from({ length: 300 }, (_, index) => index),
  })
})
