import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { ago } from '../../base/text/ago.ts'
import { printable, printableJson } from '../../base/text/printable.ts'
import { exampleLines } from '../../command-line/program.ts'
import { parseUntil, UNTIL_FORMS } from '../../command-line/since.ts'
import type { ClaimRequest, DeviceClaim } from '../../protocol/messages/control.ts'
import type { AgentSighting } from '../../protocol/sighting.ts'
import type { Language } from '../../view/checks/check-catalogue.ts'
import { CLAIM_TEXTS } from '../../view/sightings/claim-texts.ts'
import { type Terminal, table, wrapped } from '../../view/terminal.ts'
import { elevated } from '../command/administrator-words.ts'
import {
  type CliComponents,
  type CliInit,
  languageFor,
  type MakeCommand,
  optionsOf,
} from '../command/cli-components.ts'
import { findSighting } from './find-sighting.ts'

/** `surety agents claim` and `surety agents claims`: a user says which agent is theirs and what for, and sees what becomes of it. */

export interface ClaimCommandsInit extends Pick<CliInit, 'terminal' | 'locale' | 'platform'> {
  readonly command: MakeCommand
}

interface ClaimOptions {
  readonly purpose: string
  readonly name?: string
  readonly until?: string
  readonly user?: string
}

const MAX_PURPOSE = 500
const MAX_NAME = 200

/** @param parent `surety agents`. */
export function addClaimCommands(components: CliComponents, parent: Command, init: ClaimCommandsInit): void {
  const { out, daemonAt, now } = components
  const { terminal, command, platform } = init
  command('claim', 'ask to register an agent as yours', parent)
    .argument('<agent>', 'id or name, or the beginning of one, or process id')
    .requiredOption('--purpose <text>', 'what you use it for')
    .option('--name <text>', 'what you call it')
    .option('--until <date>', `when you will no longer need it: ${UNTIL_FORMS}`)
    .option('--user <user>', 'administrators only: whose agent it is, by name or id')
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText(
      'after',
      exampleLines(
        'surety agents claim claude-code --purpose "refactors the billing service"',
        'surety agents claim 4f2a91c0 --purpose "weekly report" --until 2027-01-31',
        elevated(platform, 'surety agents claim codex --user ada --purpose "release notes"'),
      ),
    )
    .action(async (wanted: string, _, made: Command) => {
      const options = optionsOf(made)
      const language = languageFor(options, init)
      const asked = requestOf(made.opts<ClaimOptions>(), now())
      const daemon = daemonAt(options.socket)
      const { items } = await daemon.sightings({ kinds: ['agent'] })
      const agents = items.filter((one): one is AgentSighting => one.kind === 'agent')
      const named = agents.filter(({ user }) => asked.user === undefined || [user?.id, user?.name].includes(asked.user))
      const { id } = findSighting(named, { wanted, command: 'agents', noun: 'agent', note: '' })
      const claimed = await daemon.claim({ agent: id, ...asked })
      if (options.json === true) out(`${printableJson({ schema: 'surety/claim@1', ...claimed }, 2)}\n`)
      else out(`${claimedLines(claimed, terminal, language).join('\n')}\n`)
    })
  command('claims', 'show what became of your claims; for administrators, of those of all users', parent)
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText('after', exampleLines('surety agents claims', 'surety agents claims --json'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const language = languageFor(options, init)
      const claims = await daemonAt(options.socket).claims()
      if (options.json === true) out(`${printableJson({ schema: 'surety/claims@1', claims }, 2)}\n`)
      else out(`${claimLines(claims, { terminal, language, nowMs: now() }).join('\n')}\n`)
    })
}

/** @throws `CONFIG_INVALID`. */
function requestOf({ purpose, name, until, user }: ClaimOptions, now: number): Omit<ClaimRequest, 'request' | 'agent'> {
  if (purpose.length > MAX_PURPOSE)
    throw new SuretyError('CONFIG_INVALID', `a purpose has at most ${MAX_PURPOSE} characters`)
  if (name !== undefined && name.length > MAX_NAME)
    throw new SuretyError('CONFIG_INVALID', `a name has at most ${MAX_NAME} characters`)
  const end = until === undefined ? undefined : parseUntil(until, now)
  if (until !== undefined && end === undefined)
    throw new SuretyError('CONFIG_INVALID', `--until takes ${UNTIL_FORMS}, not ${JSON.stringify(until.slice(0, 64))}`)
  return {
    purpose,
    ...(name === undefined ? {} : { name }),
    ...(end === undefined ? {} : { until: end }),
    ...(user === undefined ? {} : { user }),
  }
}

function claimedLines({ claim }: DeviceClaim, terminal: Terminal, language: Language): string[] {
  const { claimed, waits, next } = CLAIM_TEXTS[language]
  return [printable(claimed(claim.name ?? claim.product)), waits, next].flatMap((text) => wrapped(terminal, text))
}

interface ClaimView {
  readonly terminal: Terminal
  readonly language: Language
  readonly nowMs: number
}

/** The random part, as far as it tells claims of one device apart. */
const SHORT_ID = 12

function claimLines(claims: readonly DeviceClaim[], { terminal, language, nowMs }: ClaimView): string[] {
  const texts = CLAIM_TEXTS[language]
  if (claims.length === 0) return wrapped(terminal, texts.none)
  const rows = claims.map(({ claim, decision }) => {
    const { id, name, product, user, byRoot, purpose, time } = claim
    const state =
      decision === undefined
        ? texts.pending
        : decision.outcome === 'accepted'
          ? texts.accepted(decision.by)
          : texts.refused(decision.by)
    return {
      cells: [
        id.slice(0, SHORT_ID),
        name ?? product,
        byRoot === true ? texts.byRoot(user.name) : user.name,
        state,
        ago(time, nowMs),
        decision?.reason === undefined ? purpose : `${purpose}. ${decision.reason}`,
      ],
      tone: decision?.outcome === 'refused' ? ('warning' as const) : undefined,
    }
  })
  return table(rows, terminal, { heading: texts.heading })
}
