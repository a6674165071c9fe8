import { codeOf } from '../../../base/errors.ts'
import { refusedRight } from '../../../base/refused-right.ts'
import { STATE_QUERIES } from '../../../system/program/query-commands.ts'
import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { type NftRuleset, parseNftRuleset } from '../../parsers/network/nft-ruleset.ts'
import { readOptional } from '../../read-optional.ts'
import { inputVerdict } from './nft-input.ts'

const RULESET_BYTES = 16 * 1024 * 1024

/** `network.firewall`: what was not expressly let in is dropped or rejected, for IPv4 and, where it is on, for IPv6. */
export async function checkFirewall(
  components: PostureComponents,
  { signal, timeoutMs }: CheckContext,
): Promise<CheckOutcome> {
  const { commands, files } = components
  let output: Awaited<ReturnType<typeof commands.run>>
  try {
    const [nft, ...args] = STATE_QUERIES.packetRules
    output = await commands.run(nft, args, { timeoutMs, signal, maxOutputBytes: RULESET_BYTES })
  } catch (error) {
    if (codeOf(error) !== 'COMMAND_ABSENT') throw error
    return unknown(`nft is not installed, so the rules in the kernel cannot be read.${await ufwNote(components)}`)
  }
  if (output.exitCode !== 0) {
    const denied = /not permitted|must be root/i.test(output.stderr)
    return unknown(
      denied
        ? refusedRight('read the firewall rules', 'CAP_NET_ADMIN', process.geteuid?.())
        : `nft could not list the rules (exit ${output.exitCode})`,
    )
  }
  const ruleset = parseNftRuleset(output.stdout)
  if (ruleset === undefined) return unknown('the answer of nft was not understood')

  const open = [
    ...(inputVerdict(ruleset, 'ip') === 'accepts' ? ['IPv4'] : []),
    ...(inputVerdict(ruleset, 'ip6') === 'accepts' && (await hasIpv6(files)) ? ['IPv6'] : []),
  ]
  if (open.length === 0)
    return pass(`Incoming connections are dropped unless a rule lets them in (${makerOf(ruleset)}).`)
  if (await hasLegacyRules(files)) {
    return unknown('rules of the old iptables are loaded, which nft does not show and this check does not read')
  }
  return fail(`${describeOpen(open, ruleset)}${await ufwNote(components)}`)
}

function describeOpen(open: readonly string[], ruleset: NftRuleset): string {
  if (!ruleset.chains.some((chain) => chain.hook === 'input'))
    return 'No firewall: no rule filters incoming connections.'
  return open.length === 2
    ? 'The firewall lets in whatever no rule names: no rule drops the rest.'
    : `The firewall does not cover ${open.join('')}: connections over it come in freely.`
}

function makerOf(ruleset: NftRuleset): string {
  if (ruleset.tables.includes('firewalld')) return 'firewalld'
  return ruleset.chains.some((chain) => chain.name.startsWith('ufw')) ? 'ufw' : 'nftables'
}

/** A kernel without IPv6 has no such file; an empty one means that no interface has an address. */
async function hasIpv6(files: PostureComponents['files']): Promise<boolean> {
  const text = (await readOptional(files, '/proc/net/if_inet6')) ?? ''
  return text.split('\n').some((line) => line !== '' && !/\slo$/.test(line))
}

async function hasLegacyRules(files: PostureComponents['files']): Promise<boolean> {
  return /^filter$/m.test((await readOptional(files, '/proc/net/ip_tables_names')) ?? '')
}

async function ufwNote({ files }: PostureComponents): Promise<string> {
  const text = await readOptional(files, '/etc/ufw/ufw.conf')
  if (text === undefined) return ''
  return /^ENABLED=["']?yes["']?\s*$/im.test(text)
    ? ' ufw is configured to be on, but its rules are not seen.'
    : ' ufw is installed and switched off.'
}
