import type { Command } from 'commander'
import type { ClaimView } from '../../protocol/nouns/people/claims.ts'
import { claims, userWords } from '../../protocol/nouns/people/claims.ts'
import { hanging } from '../../view/terminal.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { isoTime } from '../command/format.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** Claims: users of devices say which agents are theirs, and a person accepts or refuses it. */
export function addClaimCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, claims, {
    async show({ options }, claim) {
      answer(components, options, { schema: 'surety-directory/claim@1', claim }, () => claimLines(components, claim))
    },
  })
}

const LABEL_WIDTH = 14

function claimLines({ terminal }: CommandComponents, claim: ClaimView): readonly string[] {
  const { id, state, product, device, host, sighting, purpose, name, until, claimedAt, manager } = claim
  const { decidedBy, decidedAt, reason, registration } = claim
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Claim', `${id}, ${state}`],
    ['Agent', `${product}, sighting ${sighting}`],
    ['Device', `${host} (${device})`],
    ['User', `${userWords(claim)}, ${claim.byRoot === true ? 'as root says' : 'as the kernel of the device says'}`],
    ['Manager', manager],
    ['Name', name],
    ['Purpose', purpose],
    ['Until', until === undefined ? undefined : isoTime(until)],
    ['Claimed', `${isoTime(claimedAt)}, by the clock of the device`],
    ['Decided', decidedAt === undefined ? undefined : `${isoTime(decidedAt)} by ${decidedBy}`],
    ['Reason', reason],
    ['Registration', registration],
  ]
  return facts.flatMap(([label, text]) => (text === undefined ? [] : hanging(terminal, label, LABEL_WIDTH, text)))
}
