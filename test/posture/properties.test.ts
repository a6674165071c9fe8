import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { LINUX_CHECKS } from '../../src/posture/linux/checks.ts'
import { inputVerdict } from '../../src/posture/linux/network/nft-input.ts'
import { checkScreenLock } from '../../src/posture/linux/session/session-screen-lock.ts'
import { parseAppLockerPolicy } from '../../src/posture/parsers/access/app-locker-policy.ts'
import { parseAppArmorProfiles } from '../../src/posture/parsers/access/apparmor-profiles.ts'
import { parseShadowEmpty } from '../../src/posture/parsers/access/shadow.ts'
import {
  parseSshdConfig,
  parseSshdEffective,
  parseSshdPasswords,
} from '../../src/posture/parsers/access/sshd-config.ts'
import { parseSudoers } from '../../src/posture/parsers/access/sudoers.ts'
import { parseLockdown } from '../../src/posture/parsers/boot/lockdown.ts'
import { mapperRole } from '../../src/posture/parsers/disk/dm-uuid.ts'
import { parseSwaps } from '../../src/posture/parsers/disk/swaps.ts'
import { parseZfsEncryption, parseZpoolDevices } from '../../src/posture/parsers/disk/zfs.ts'
import { parseDconfDatabase } from '../../src/posture/parsers/gvdb.ts'
import { parseKeyFile } from '../../src/posture/parsers/key-file.ts'
import { parseNftRuleset } from '../../src/posture/parsers/network/nft-ruleset.ts'
import { parseSmbConf } from '../../src/posture/parsers/network/smb-conf.ts'
import { parseAptConfig } from '../../src/posture/parsers/os/apt-config.ts'
import { parseAptSimulation } from '../../src/posture/parsers/os/apt-simulation.ts'
import { parseDnfUpdateinfo } from '../../src/posture/parsers/os/dnf-updateinfo.ts'
import { parseKernelRelease } from '../../src/posture/parsers/os/kernel-release.ts'
import { parseReleaseDate } from '../../src/posture/parsers/os/release-date.ts'
import { parseOsRelease } from '../../src/posture/parsers/os-release.ts'
import { parseSystemctlShow } from '../../src/posture/parsers/systemctl-show.ts'
import { collectPosture } from '../../src/posture/posture.ts'
import { parseGroup, parsePasswd } from '../../src/system/files/account-files.ts'
import { parseMountinfo } from '../../src/system/mounts/mountinfo.ts'
import { anyText } from '../support/any-text.ts'
import { context, machine } from './fake-components.ts'

const fixture = (path: string) => readFileSync(join(import.meta.dirname, '../fixtures', path))
const nothing = undefined

/** Text that no tool prints: what each parser makes of it must be "not understood", or nothing found. */
const STRANGE: Readonly<Record<string, readonly [(text: string) => unknown, unknown]>> = {
  parsePasswd: [(text) => parsePasswd(text).isWhole, false],
  parseGroup: [(text) => parseGroup(text).isWhole, false],
  parseShadowEmpty: [parseShadowEmpty, nothing],
  parseAppArmorProfiles: [parseAppArmorProfiles, nothing],
  parseAppLockerPolicy: [parseAppLockerPolicy, nothing],
  parseAptSimulation: [parseAptSimulation, nothing],
  parseDnfUpdateinfo: [parseDnfUpdateinfo, nothing],
  parseKernelRelease: [parseKernelRelease, nothing],
  parseLockdown: [parseLockdown, nothing],
  parseMountinfo: [(text) => parseMountinfo(text).isWhole, false],
  parseNftRuleset: [parseNftRuleset, nothing],
  parseReleaseDate: [parseReleaseDate, nothing],
  parseSmbConf: [(text) => parseSmbConf(text.replaceAll('=', '')), nothing],
  parseSshdEffective: [parseSshdEffective, nothing],
  parseSshdPasswords: [parseSshdPasswords, nothing],
  parseSudoers: [(text) => parseSudoers(text.replaceAll('=', '')), nothing],
  parseSwaps: [parseSwaps, nothing],
  parseSystemctlShow: [parseSystemctlShow, nothing],
  parseZfsEncryption: [parseZfsEncryption, nothing],
  parseKeyFile: [(text) => parseKeyFile(text.replaceAll('=', '')), nothing],
  parseZpoolDevices: [(text) => parseZpoolDevices(text, 'rpool'), []],
  parseOsRelease: [parseOsRelease, new Map()],
}

test.each(Object.entries(STRANGE))(
  '%s never throws and finds nothing in text it does not know',
  (_, [parse, empty]) => {
    fc.assert(fc.property(anyText(), (text) => expect(parse(`?${text}`)).toEqual(empty)))
  },
)

test.each([
  ['apt.conf', (text: string) => parseAptConfig([text]), 'apt-config/debian13-50unattended-upgrades.txt'],
  ['sshd_config', parseSshdConfig, 'sshd-config/debian13-default.txt'],
  ['nft', parseNftRuleset, 'nft/policy-drop.txt'],
  ['mountinfo', parseMountinfo, 'mountinfo/debian13-vm.txt'],
  ['apt-get', parseAptSimulation, 'apt-get/debian13-security-waiting.txt'],
] as const)('%s: a captured text with a part replaced never throws', (_, parse, path) => {
  const text = fixture(path).toString('utf8')
  const edit = fc.tuple(fc.nat(text.length), fc.nat(200), anyText({ maxLength: 50 }))
  fc.assert(
    fc.property(edit, ([at, length, put]) => {
      parse(text.slice(0, at) + put + text.slice(at + length))
    }),
  )
})

test('a mapper is taken for encryption only by the prefixes of cryptsetup', () => {
  fc.assert(
    fc.property(fc.string(), (text) => fc.pre(!text.startsWith('CRYPT-')) ?? mapperRole(text).kind !== 'encrypts'),
  )
  fc.assert(fc.property(fc.string(), (text) => mapperRole(`CRYPT-LUKS2-${text}!`).kind !== 'encrypts'))
})

test('apt: removing any line from a list of waiting updates never makes the list empty', () => {
  const lines = fixture('apt-get/debian13-security-waiting.txt').toString('utf8').split('\n')
  fc.assert(
    fc.property(
      fc.nat(lines.length - 1),
      (at) => parseAptSimulation(lines.toSpliced(at, 1).join('\n'))?.security.length !== 0,
    ),
  )
})

test('nft: rules before the others may open a firewall, but conditions never close one', () => {
  const open = JSON.parse(fixture('nft/counting-only.txt').toString('utf8'))
  const statement = fc.oneof(
    fc.constant({ counter: { packets: 0, bytes: 0 } }),
    fc.record({
      match: fc.record({
        op: fc.constant('=='),
        left: fc.constant({ payload: { protocol: 'tcp', field: 'dport' } }),
        right: fc.nat(65535),
      }),
    }),
    fc.record({ limit: fc.record({ rate: fc.nat(100) }) }),
    fc.dictionary(fc.string({ minLength: 5 }), fc.jsonValue({ maxDepth: 2 })),
  )
  const condition = { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 22 } }
  fc.assert(
    fc.property(fc.array(statement), (statements) => {
      const rule = {
        rule: { family: 'inet', table: 'watch', chain: 'input', expr: [condition, ...statements, { drop: null }] },
      }
      const text = JSON.stringify({ nftables: [...open.nftables, rule] })
      const ruleset = parseNftRuleset(text)
      return ruleset === undefined || inputVerdict(ruleset, 'ip') === 'accepts'
    }),
  )
})

describe('dconf databases', () => {
  test('random bytes behind the signature never throw', () => {
    const start = new TextEncoder().encode('GVariant\0\0\0\0')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
        parseDconfDatabase(Uint8Array.from([...start, ...tail]))
      }),
    )
  })

  test('one byte changed never throws, nor hangs', () => {
    const good = new Uint8Array(fixture('dconf/lock-off.bin'))
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        parseDconfDatabase(good.with(at, value))
      }),
      { numRuns: 2000 },
    )
  })
})

test('a machine that answers every question with noise passes nothing', async () => {
  const noise = anyText({ minLength: 1 }).map((text) => `?${text}`)
  await fc.assert(
    fc.asyncProperty(noise, async (text) => {
      const files = {
        readText: async () => text,
        read: async () => new TextEncoder().encode(text),
        stat: async () => undefined,
        realPath: async (path: string) => path,
        list: async () => [
          { name: 'sshd', kind: 'file' as const },
          { name: 'smbd', kind: 'file' as const },
          { name: 'x.desktop', kind: 'file' as const },
        ],
      }
      const commands = { run: async () => ({ exitCode: 0, stdout: text, stderr: text }) }
      const findings = await collectPosture(
        LINUX_CHECKS,
        { ...machine(), files, commands },
        { checkTimeoutMs: 1000 },
        context,
      )
      expect(findings.filter(({ state }) => state === 'pass')).toEqual([])
    }),
  )
  expect((await checkScreenLock(machine({ '/usr/share/xsessions/gnome.desktop': '' }), context)).state).toBe('unknown')
})
