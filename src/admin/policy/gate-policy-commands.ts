import type { Command } from 'commander'
import { POLICY_MAX_BYTES } from '../../cedar/scan-policy.ts'
import { readGatePolicy } from '../../gate-policy/read-gate-policy.ts'
import { gatePolicyTestReader, gatePolicyText } from '../../protocol/nouns/directory/gate-policy.ts'
import type { CommandComponents } from '../command/command-line.ts'
import { cedarCounts, findingLines, summaryLines } from './cedar-words.ts'
import { addVersionedText } from './versioned-text.ts'

export function addGatePolicyCommands(program: Command, components: CommandComponents): void {
  addVersionedText(program, components, {
    schemas: gatePolicyText,
    called: 'policy of the gate',
    format: 'Cedar',
    about: 'what agents may do on devices: policies in Cedar, with versions',
    examples: `
Examples:
  $ surety-directory gate-policy show > gate.cedar       the policy in use, to be changed
  $ surety-directory gate-policy check gate.cedar        is it valid? Needs no directory
  $ surety-directory gate-policy test gate.cedar         what it says, and what is probably a mistake
  $ surety-directory gate-policy set gate.cedar --reason "no pushes by force"
  $ surety-directory gate-policy rollback 0              the default of this release again`,
    first: 'the default',
    forcedThough: 'it denies or permits everything',
    maxBytes: POLICY_MAX_BYTES,
    read: (text) => readGatePolicy(text),
    counts: cedarCounts,
    setWords({ version, forced }) {
      const note = forced === true ? ', although its test advises against it' : ''
      return `version ${version} of the policy of the gate is in use${note}: devices take it with their next attestation`
    },
    test: {
      about: 'what a file permits and forbids, and what is probably a mistake',
      reader: gatePolicyTestReader,
      lines: (test) => [...summaryLines(test), ...findingLines(test)],
    },
  })
}
