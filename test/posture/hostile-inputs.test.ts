import { inputVerdict } from '../../src/posture/linux/network/nft-input.ts'
import { parseDconfDatabase } from '../../src/posture/parsers/gvdb.ts'
import { parseNftRuleset } from '../../src/posture/parsers/network/nft-ruleset.ts'
import { parseAptConfig } from '../../src/posture/parsers/os/apt-config.ts'
import { parseAptSimulation } from '../../src/posture/parsers/os/apt-simulation.ts'
import { parseDnfUpdateinfo } from '../../src/posture/parsers/os/dnf-updateinfo.ts'

/** What fuzzing found: small inputs that took the parsers very long, or much memory, or a throw. */

const SUMMARY = '1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n'

test('an apt line that no archive has an honest reason for is not understood', () => {
  expect(parseAptSimulation(`Inst a [1] (2 ${' [])'.repeat(100_000)}\n${SUMMARY}`)).toBeUndefined()
})

test('an apt list may be long', () => {
  const members = Array.from({ length: 200_000 }, (_, index) => `${index}`)
  const text = `a { b { ${members.map((member) => `"${member}";`).join(' ')} }; };`
  expect(parseAptConfig([text])).toEqual(new Map([['a::b', members]]))
})

test('a package name of nothing but dashes is not understood by dnf, however long', () => {
  expect(parseDnfUpdateinfo(`F-1 Low/Sec. ${'a-'.repeat(480)}\n`)).toBeUndefined()
  expect(parseDnfUpdateinfo(`F-1 Low/Sec. ${'a-'.repeat(100_000)}1.x\n`)).toBeUndefined()
})

const nftables = (...items: readonly object[]) => JSON.stringify({ nftables: [{ metainfo: {} }, ...items] })
const table = { table: { family: 'inet', name: 't' } }
const chain = (name: string, more = {}) => ({ chain: { family: 'inet', table: 't', name, ...more } })
const jump = (from: string, target: string) => ({
  rule: { family: 'inet', table: 't', chain: from, expr: [{ jump: { target } }] },
})
const input = chain('c0', { hook: 'input', type: 'filter', policy: 'drop' })

test('nft names that are objects without a text are no names', () => {
  const name = { toString: 1, valueOf: 1 }
  const odd = nftables({ table: { family: name, name } }, { chain: { family: name, table: name, name } })
  expect(parseNftRuleset(odd)).toEqual({
    tables: [''],
    chains: [{ family: '', table: '', name: '', hook: undefined, type: undefined, policy: undefined, rules: [] }],
  })
  const right = { prefix: { addr: name, len: name } }
  const match = { match: { left: { payload: { protocol: 'ip', field: 'saddr' } }, op: '==', right } }
  const rule = { rule: { family: 'inet', table: 't', chain: 'c0', expr: [match, { accept: null }] } }
  const ruleset = parseNftRuleset(nftables(table, input, rule))
  expect(ruleset && inputVerdict(ruleset, 'ip')).toBe('drops')
})

test('each nft chain is walked once, though every rule jumps to the next', () => {
  const names = Array.from({ length: 16 }, (_, index) => `c${index}`)
  const jumps = names.slice(1).flatMap((name, index) => Array.from({ length: 30 }, () => jump(`c${index}`, name)))
  const ruleset = parseNftRuleset(nftables(table, input, ...names.slice(1).map((name) => chain(name)), ...jumps))
  expect(ruleset && inputVerdict(ruleset, 'ip6')).toBe('drops')
})

test('nft chains that jump in a ring let in', () => {
  const ruleset = parseNftRuleset(nftables(table, input, chain('c1'), jump('c0', 'c1'), jump('c1', 'c0')))
  expect(ruleset && inputVerdict(ruleset, 'ip')).toBe('accepts')
})

/** One table of `count` items whose keys and values are all the same stretch of the file. */
function overlapping(count: number, { keyBytes, valueBytes }: { keyBytes: number; valueBytes: number }): Uint8Array {
  const bytes = new Uint8Array(1024 * 1024)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('GVariant'))
  view.setUint32(16, 24, true)
  view.setUint32(20, 32 + 24 * count, true)
  for (let at = 32; at < 32 + 24 * count; at += 24) {
    view.setUint32(at + 4, 0xffffffff, true)
    // One byte further each time, so that keys differ.
    view.setUint32(at + 8, (at - 32) / 24, true)
    view.setUint16(at + 12, keyBytes, true)
    bytes[at + 14] = 0x76
    view.setUint32(at + 20, valueBytes, true)
  }
  return bytes
}

test.each([
  { keyBytes: 65_535, valueBytes: 0 },
  { keyBytes: 8, valueBytes: 1024 * 1024 },
])('a dconf database whose parts overlap is not one: %j', (sizes) => {
  expect(parseDconfDatabase(overlapping(20_000, sizes))).toBeUndefined()
})
