import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { orAborted } from '../../base/clock.ts'
import { printable } from '../../base/text/printable.ts'
import { TOKEN_ID } from '../../protocol/ids.ts'
import { preregistrations } from '../../protocol/nouns/enrolment/preregistrations.ts'
import {
  createdTokenReader,
  TOKEN_PENDING,
  TOKEN_TTL_MS,
  TOKEN_USES,
  type Token,
  type TokenRequest,
  tokenPageReader,
  tokenReader,
} from '../../protocol/nouns/enrolment/tokens.ts'
import { TIERS, type Tier } from '../../protocol/tier.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import { ago, table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf, facts, parseDuration, timeOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'
import { call } from '../nouns/call.ts'
import { readOwnerFile } from './owner-file.ts'

interface CreateOptions extends CommonOptions {
  readonly owner?: string
  readonly uses?: number
  readonly ownerFrom?: string
  readonly preregistered?: boolean
  readonly pending?: (typeof TOKEN_PENDING)[number]
  readonly unbound?: boolean
  readonly ttl?: number
  readonly serial?: string
  readonly minimumTier?: Tier
  readonly out?: string
}

const NAMED_TOKENS: NamedItems<Token> = {
  wholeId: new RegExp(TOKEN_ID),
  path: '/tokens',
  reader: tokenPageReader,
  noun: 'token',
  list: 'token list',
  preferred: ({ status }) => status === 'usable',
  describe: ({ id, status, owner }) => `${id} (${status}${owner === undefined ? '' : `, of ${owner}`})`,
}

export function addTokenCommands(program: Command, components: CommandComponents): void {
  const token = program.command('token').description('enrolment tokens')
  withApiOptions(token.command('create').description('make a token and give out its enrolment string, once'))
    .option('--owner <name>', 'the human who answers for the device; required without the next two')
    .option(
      '--owner-from <file>',
      'preregister the devices of this file, as preregistrations add does; only these enrol',
    )
    .option('--preregistered', 'only preregistered devices enrol, each with the owner of its preregistration')
    .option(
      '--uses <count>',
      `how many devices may enrol (default: 1; with --owner-from as many as the file has)`,
      readUses,
    )
    .option(
      '--pending <devices>',
      'new devices wait until a human accepts them: all, or unlisted (those that are not preregistered)',
      oneOf('choice', TOKEN_PENDING),
    )
    .option('--unbound', 'with --uses: do not tell devices without a TPM apart by their serial numbers')
    .option('--ttl <time>', 'how long it may be used: 90m, 24h, 7d (default: 24h)', readTtl)
    .option('--serial <number>', 'only for the device with this serial number')
    .option('--minimum-tier <tier>', `one of ${TIERS.join(', ')} (default: tpm-attested)`, oneOf('tier', TIERS))
    .option('--out <file>', 'write the enrolment string to this new file (mode 0600) instead of standard output')
    .addHelpText(
      'after',
      examples(
        'surety-directory token create --owner ada@example.org --out ada.enrolment',
        'surety-directory token create --uses 500 --owner-from laptops.csv --ttl 14d --out rollout.enrolment',
      ),
    )
    .action((options: CreateOptions, command: Command) => {
      const { owner, ownerFrom, preregistered, pending } = options
      const isListed = (ownerFrom !== undefined || preregistered === true) && pending !== 'unlisted'
      if (owner === undefined && !isListed) {
        command.error("error: required option '--owner <name>' not specified")
      }
      return create(components, options)
    })

  withApiOptions(token.command('list').description('tokens, without their secrets')).action((options: CommonOptions) =>
    answerList(components, options, {
      path: '/tokens',
      member: 'tokens',
      reader: tokenPageReader,
      none: 'no tokens; make one with: surety-directory token create --owner NAME',
      lines: (tokens) => tokenTable(components, tokens),
    }),
  )

  withConsent(withApiOptions(token.command('revoke').description('revoke a token: no more devices enrol with it')))
    .argument('<token>', 'its id, at least eight characters of its beginning, or the owner or serial number of one')
    .addHelpText(
      'after',
      examples('surety-directory token revoke tok_4fG2', 'surety-directory token revoke ada@example.org --yes'),
    )
    .action(async (wanted: string, options: ConsentOptions) => {
      const api = await openApi(components, options)
      const id = await itemIdOf(api, wanted, NAMED_TOKENS)
      await requireConsent(components, options, {
        act: `Revoke the token ${id}`,
        permission: { api, action: 'operate' },
      })
      const revoked = await api.ask('DELETE', `/tokens/${id}`, tokenReader)
      answer(components, options, { schema: 'surety-directory/token@1', token: revoked }, () => [
        `token ${revoked.id} is ${revoked.status}`,
        ...revoked.devices.map(
          (device) => `it was used by ${device}, which this does not end: surety-directory devices retire ${device}`,
        ),
      ])
    })
}

async function create(components: CommandComponents, options: CreateOptions): Promise<void> {
  const { owner, ttl, serial, minimumTier, pending, unbound, out } = options
  const items = options.ownerFrom === undefined ? undefined : await readOwnerFile(options.ownerFrom)
  const uses = options.uses ?? items?.length
  // Devices that are not in the file wait.
  const isOnlyListed = options.preregistered === true || (items !== undefined && pending !== 'unlisted')
  const request: TokenRequest = {
    ...(owner === undefined ? {} : { owner }),
    ...(uses === undefined ? {} : { uses }),
    ...(isOnlyListed ? { preregistered: true } : {}),
    ...(pending === undefined ? {} : { pending }),
    ...(unbound === true ? { unbound } : {}),
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(serial === undefined ? {} : { serial }),
    ...(minimumTier === undefined ? {} : { minimumTier }),
  }
  const api = await openApi(components, options)
  const prepare = async () => {
    // Devices that are preregistered without a token can do nothing.
    if (items !== undefined) await call(api, preregistrations, 'add', { body: { items: [...items] } })
  }
  const { token, enrolment, warning, path } = await makeToken(components, api, { request, out, prepare })
  const schema = 'surety-directory/created-token@1'
  if (warning !== undefined && options.json !== true) components.err(`warning: ${printable(warning)}\n`)
  const created = { schema, token, ...(warning === undefined ? {} : { warning }) } as const
  if (path === undefined) {
    // Words go to standard error, so that standard output holds the enrolment string alone and can be piped.
    if (options.json !== true) components.err(`${describeToken(token).join('\n')}\n`)
    answer(components, options, { ...created, enrolment }, () => [enrolment])
    return
  }
  answer(components, options, { ...created, enrolmentFile: path }, () => [...describeToken(token, path)])
}

interface MakeTokenInit {
  readonly request: TokenRequest
  /** A new file for the enrolment string. */
  readonly out: string | undefined
  /** Called once the file is there, before the token is made. */
  readonly prepare?: () => Promise<void>
  /** The token is revoked if this throws. */
  readonly check?: (enrolment: string) => void
}

/** Makes a token. Where its string cannot be kept there is none afterwards. */
export async function makeToken(
  components: Pick<CommandComponents, 'untilInterrupted'>,
  api: ApiClient,
  { request, out, prepare, check }: MakeTokenInit,
) {
  const path = out === undefined ? undefined : resolve(out)
  // An empty file that was left behind would stand in the way of the next try.
  const interrupted = path === undefined ? undefined : components.untilInterrupted()
  // Before the token is made: else it would be usable, and its string lost.
  await using file = path === undefined ? undefined : await newFile(path)
  await prepare?.()
  const making = api.ask('POST', '/tokens', createdTokenReader, request)
  const made = await (interrupted === undefined ? making : orAborted(making, interrupted))
  try {
    check?.(made.enrolment)
    await file?.fill(utf8(`${made.enrolment}\n`))
  } catch (error) {
    await api.ask('DELETE', `/tokens/${made.token.id}`, tokenReader)
    throw error
  }
  return { ...made, path }
}

export function describeToken(token: Token, enrolmentFile?: string): readonly string[] {
  return facts([
    ['token', token.id],
    ['owner', token.owner ?? 'of its preregistration'],
    ['uses', token.uses === 1 ? undefined : countOf(token.uses, 'device')],
    ['takes', token.preregistered === true ? 'only preregistered devices' : undefined],
    ['waiting', token.pending && WAITING[token.pending]],
    ['identified', token.unbound === true ? 'only by their TPMs' : undefined],
    ['serial number', token.serial],
    ['minimum tier', token.minimumTier],
    ['expires', timeOf(token.expiresAt)],
    ['enrolment string', enrolmentFile],
  ])
}

const WAITING = {
  all: 'new devices, until a human accepts them',
  unlisted: 'new devices that are not preregistered, until a human accepts them',
} as const

function tokenTable({ terminal, now }: CommandComponents, tokens: readonly Token[]): readonly string[] {
  const rows = tokens
    .toSorted((a, b) => b.createdAt - a.createdAt)
    .map((one) => ({
      cells: [
        one.id,
        one.status === 'revoked' && one.used > 0 ? 'revoked, used' : one.status,
        one.owner ?? '-',
        `${countOf(one.used)} of ${countOf(one.uses)}`,
        one.minimumTier,
        one.preregistered === true ? 'preregistered' : (one.serial ?? '-'),
        timeOf(one.expiresAt),
        ago(one.createdAt, now()),
        one.devices.join(' ') || '-',
      ],
    }))
  return table(rows, terminal, {
    heading: ['ID', 'STATUS', 'OWNER', 'USED', 'MINIMUM TIER', 'ONLY FOR', 'EXPIRES', 'CREATED', 'DEVICES'],
  })
}

export function readUses(text: string): number {
  const uses = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0
  if (uses >= TOKEN_USES.minimum && uses <= TOKEN_USES.maximum) return uses
  throw new InvalidArgumentError(`a whole number from ${TOKEN_USES.minimum} to ${TOKEN_USES.maximum}`)
}

export function readTtl(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d: 24h')
  if (ms < TOKEN_TTL_MS.minimum || ms > TOKEN_TTL_MS.maximum) throw new InvalidArgumentError('from 1m to 30d')
  return ms
}
