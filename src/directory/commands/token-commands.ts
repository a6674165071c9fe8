import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { orAborted } from '../../base/clock.ts'
import { printable } from '../../base/printable.ts'
import {
  createdTokenReader,
  TOKEN_TTL_MS,
  type Token,
  type TokenRequest,
  tokenPageReader,
  tokenReader,
} from '../../protocol/api-tokens.ts'
import { tokenIdSchema } from '../../protocol/ids.ts'
import { TIERS, type Tier } from '../../protocol/tier.ts'
import { newFile } from '../../system/files/new-file.ts'
import { ago, table } from '../../view/terminal.ts'
import {
  answer,
  answerList,
  type CommandComponents,
  type CommonOptions,
  openApi,
  withApiOptions,
} from './command-line.ts'
import { facts, parseDuration, timeOf } from './format.ts'
import { wholeId } from './whole-id.ts'

interface CreateOptions extends CommonOptions {
  readonly owner: string
  readonly ttl?: number
  readonly serial?: string
  readonly minimumTier?: Tier
  readonly out?: string
}

export function addTokenCommands(program: Command, components: CommandComponents): void {
  const token = program.command('token').description('enrolment tokens')
  withApiOptions(token.command('create').description('make a token and give out its enrolment string, once'))
    .requiredOption('--owner <name>', 'the human who answers for the device')
    .option('--ttl <time>', 'how long it may be used: 90m, 24h, 7d (default: 24h)', readTtl)
    .option('--serial <number>', 'only for the device with this serial number')
    .option('--minimum-tier <tier>', `one of ${TIERS.join(', ')} (default: tpm-attested)`, readTier)
    .option('--out <file>', 'write the enrolment string to this new file (mode 0600) instead of standard output')
    .action((options: CreateOptions) => create(components, options))

  withApiOptions(token.command('list').description('tokens, without their secrets')).action((options: CommonOptions) =>
    answerList(components, options, {
      ...{ path: '/tokens', member: 'tokens', reader: tokenPageReader },
      none: 'no tokens; make one with: surety-directory token create --owner NAME',
      lines: (tokens) => tokenTable(components, tokens),
    }),
  )

  withApiOptions(token.command('revoke').description('no device enrols with this token from now on').argument('<id>'))
    // commander hands the argument over before the options.
    .action(async (id: string, options: CommonOptions) => {
      const path = `/tokens/${wholeId(id, tokenIdSchema, { list: 'token list' })}`
      const api = await openApi(components, options)
      const revoked = await api.ask('DELETE', path, tokenReader)
      answer(components, options, { schema: 'surety-directory/token@1', token: revoked }, () => [
        `token ${revoked.id} is ${revoked.status}`,
        ...revoked.devices.map(
          (device) => `it was used by ${device}, which this does not end: surety-directory devices retire ${device}`,
        ),
      ])
    })
}

async function create(components: CommandComponents, options: CreateOptions): Promise<void> {
  const { owner, ttl, serial, minimumTier, out } = options
  const request: TokenRequest = {
    owner,
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(serial === undefined ? {} : { serial }),
    ...(minimumTier === undefined ? {} : { minimumTier }),
  }
  const api = await openApi(components, options)
  const path = out === undefined ? undefined : resolve(out)
  // An empty file that was left behind would stand in the way of the next try.
  const interrupted = path === undefined ? undefined : components.untilInterrupted()
  // Before the token is made: else it would be usable, and its string lost.
  await using file = path === undefined ? undefined : await newFile(path)
  const making = api.ask('POST', '/tokens', createdTokenReader, request)
  const { token, enrolment, warning } = await (interrupted === undefined ? making : orAborted(making, interrupted))
  const schema = 'surety-directory/created-token@1'
  if (warning !== undefined && options.json !== true) components.err(`warning: ${printable(warning)}\n`)
  const created = { schema, token, ...(warning === undefined ? {} : { warning }) } as const
  if (file === undefined) {
    // Words go to standard error, so that standard output holds the enrolment string alone and can be piped.
    if (options.json !== true) components.err(`${describeToken(token).join('\n')}\n`)
    answer(components, options, { ...created, enrolment }, () => [enrolment])
    return
  }
  try {
    await file.fill(utf8(`${enrolment}\n`))
  } catch (error) {
    await api.ask('DELETE', `/tokens/${token.id}`, tokenReader)
    throw error
  }
  answer(components, options, { ...created, enrolmentFile: path }, () => [...describeToken(token, path)])
}

function describeToken(token: Token, enrolmentFile?: string): readonly string[] {
  return facts([
    ['token', token.id],
    ['owner', token.owner],
    ['serial number', token.serial],
    ['minimum tier', token.minimumTier],
    ['expires', timeOf(token.expiresAt)],
    ['enrolment string', enrolmentFile],
  ])
}

function tokenTable({ terminal, now }: CommandComponents, tokens: readonly Token[]): readonly string[] {
  const rows = tokens
    .toSorted((a, b) => b.createdAt - a.createdAt)
    .map((one) => ({
      cells: [
        one.id,
        one.status === 'revoked' && one.used > 0 ? 'revoked, used' : one.status,
        one.owner,
        one.minimumTier,
        one.serial ?? '-',
        timeOf(one.expiresAt),
        ago(one.createdAt, now()),
        one.devices.join(' ') || '-',
      ],
    }))
  return table(rows, terminal, {
    heading: ['ID', 'STATUS', 'OWNER', 'MINIMUM TIER', 'SERIAL', 'EXPIRES', 'MADE', 'DEVICES'],
  })
}

function readTtl(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d: 24h')
  if (ms < TOKEN_TTL_MS.minimum || ms > TOKEN_TTL_MS.maximum) throw new InvalidArgumentError('from 1m to 30d')
  return ms
}

function readTier(text: string): Tier {
  const tier = TIERS.find((one) => one === text)
  if (tier === undefined) throw new InvalidArgumentError(`a tier is one of ${TIERS.join(', ')}`)
  return tier
}
