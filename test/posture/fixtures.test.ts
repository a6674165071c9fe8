import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inputVerdict } from '../../src/posture/linux/network/nft-input.ts'
import { parseAppArmorProfiles } from '../../src/posture/parsers/access/apparmor-profiles.ts'
import { parseSshdConfig, parseSshdEffective } from '../../src/posture/parsers/access/sshd-config.ts'
import { parseLockdown } from '../../src/posture/parsers/boot/lockdown.ts'
import { parseSwaps } from '../../src/posture/parsers/disk/swaps.ts'
import { parseZfsEncryption, parseZpoolDevices } from '../../src/posture/parsers/disk/zfs.ts'
import { parseNftRuleset } from '../../src/posture/parsers/network/nft-ruleset.ts'
import { parseAptConfig } from '../../src/posture/parsers/os/apt-config.ts'
import { parseAptSimulation } from '../../src/posture/parsers/os/apt-simulation.ts'
import { parseDnfUpdateinfo } from '../../src/posture/parsers/os/dnf-updateinfo.ts'
import { parseReleaseDate } from '../../src/posture/parsers/os/release-date.ts'
import { parseSystemctlShow } from '../../src/posture/parsers/systemctl-show.ts'
import { type Mount, parseMountinfo, superOptionsOf } from '../../src/system/mounts/mountinfo.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures')

/** What each folder of captured texts is read with. `test/fixtures/README-posture.md` says where they are from. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  apparmor: parseAppArmorProfiles,
  'apt-config': (text) => plain(parseAptConfig([text])),
  'apt-get': parseAptSimulation,
  'apt-release': parseReleaseDate,
  'dnf-updateinfo': parseDnfUpdateinfo,
  lockdown: parseLockdown,
  mountinfo: (text) => {
    const { mounts, isWhole } = parseMountinfo(text)
    const shown = (mount: Mount) => {
      const { device, root, mountPoint, type, source } = mount
      return { device, root, mountPoint, type, source, superOptions: superOptionsOf(mount) }
    }
    return isWhole ? mounts.map(shown) : undefined
  },
  nft: (text) => {
    const ruleset = parseNftRuleset(text)
    return ruleset && { tables: ruleset.tables, ip: inputVerdict(ruleset, 'ip'), ip6: inputVerdict(ruleset, 'ip6') }
  },
  'sshd-config': parseSshdConfig,
  'sshd-effective': parseSshdEffective,
  swaps: parseSwaps,
  'systemctl-show': parseSystemctlShow,
  'zfs-get': (text) => plain(parseZfsEncryption(text)),
  'zpool-list': (text) => parseZpoolDevices(text, 'rpool'),
}

const cases = Object.keys(PARSERS).flatMap((tool) =>
  readdirSync(join(FIXTURES, tool))
    .filter((name) => name.endsWith('.txt'))
    .map((name) => [tool, name.slice(0, -'.txt'.length)] as const),
)

test.each(cases)('%s reads %s as expected', (tool, name) => {
  const text = readFileSync(join(FIXTURES, tool, `${name}.txt`), 'utf8')
  const expected: unknown = JSON.parse(readFileSync(join(FIXTURES, tool, `${name}.expected.json`), 'utf8'))
  expect(PARSERS[tool]?.(text) ?? null).toEqual(expected)
})

/** A map as an object, for JSON. */
function plain(map: ReadonlyMap<string, unknown> | undefined): unknown {
  return map && Object.fromEntries(map)
}
