import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import type { Reader } from '../../base/schema.ts'
import type { AdministratorProfile } from '../../protocol/noun/answers.ts'
import {
  ADMINISTRATOR_ROLES,
  type AdministratorRole,
  SERVICE_SCOPES,
  type ServiceScope,
} from '../../protocol/noun/permissions.ts'
import {
  type Administrator,
  administratorListReader,
  administratorReader,
  createdAdministratorReader,
  createdServiceReader,
  PRINCIPAL_TTL_MS,
  type Service,
  serviceListReader,
  serviceReader,
} from '../../protocol/nouns/people/principals.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import { ago, table } from '../../view/terminal.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  oneOf,
  openApi,
  readProfileOf,
  withApiOptions,
} from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { facts, parseDuration, timeOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'

/** Administrators and services: who may use the API. */

interface TokenOptions extends CommonOptions {
  readonly expires?: number
  readonly out?: string
}

interface AddOptions extends TokenOptions {
  readonly role?: AdministratorRole
  readonly scope?: ServiceScope
}

export function addPrincipalCommands(program: Command, components: CommandComponents): void {
  addAdministratorCommands(program, components)
  addServiceCommands(program, components)
}

function addAdministratorCommands(program: Command, components: CommandComponents): void {
  const administrators = program
    .command('administrators')
    .description('people who administer, each with a role and a token')
  withTokenOptions(administrators.command('add').description('add an administrator and give out the token, once'))
    .argument('<name>', 'letters, digits and . @ + -')
    .requiredOption('--role <role>', `one of ${ADMINISTRATOR_ROLES.join(', ')}`, oneOf('role', ADMINISTRATOR_ROLES))
    .addHelpText(
      'after',
      examples(
        'surety-directory administrators add ada@example.org --role operator --expires 30d --out ada.json',
        'surety-directory devices list --profile ada.json',
      ),
    )
    .action((name: string, options: AddOptions) =>
      giveToken(components, options, {
        async ask(api) {
          const request = { name, role: options.role, ...ttlOf(options) }
          const { administrator, token } = await api.ask('POST', '/administrators', createdAdministratorReader, request)
          return { member: 'administrator', value: administrator, token }
        },
        undo: (api) => api.ask('DELETE', `/administrators/${encodeURIComponent(name)}`, administratorReader),
      }),
    )
  withApiOptions(administrators.command('list').description('administrators, without their tokens'))
    .addHelpText(
      'after',
      examples('surety-directory administrators list', 'surety-directory administrators list --json'),
    )
    .action((options: CommonOptions) =>
      list(components, options, { path: '/administrators', member: 'administrators', reader: administratorListReader }),
    )
  withApiOptions(administrators.command('role').description('give an administrator another role'))
    .argument('<name>')
    .argument('<role>', `one of ${ADMINISTRATOR_ROLES.join(', ')}`, oneOf('role', ADMINISTRATOR_ROLES))
    .addHelpText(
      'after',
      examples(
        'surety-directory administrators role ada@example.org auditor',
        'surety-directory administrators role bob viewer --json',
      ),
    )
    .action(async (name: string, role: AdministratorRole, options: CommonOptions) => {
      const path = `/administrators/${encodeURIComponent(name)}/role`
      const changed = await (await openApi(components, options)).ask('POST', path, administratorReader, { role })
      answer(components, options, { schema: 'surety-directory/administrator@1', administrator: changed }, () => [
        `${changed.name} has the role ${changed.role}`,
      ])
    })
  withTokenOptions(administrators.command('rotate').description(ROTATE_WORDS))
    .argument('<name>')
    .addHelpText(
      'after',
      examples(
        'surety-directory administrators rotate ada@example.org --out ada.newer.json',
        'surety-directory administrators rotate bob --expires 30d --json',
      ),
    )
    .action((name: string, options: TokenOptions) =>
      giveToken(components, options, {
        async ask(api) {
          const path = `/administrators/${encodeURIComponent(name)}/rotate`
          const { administrator, token } = await api.ask('POST', path, createdAdministratorReader, ttlOf(options))
          return { member: 'administrator', value: administrator, token }
        },
      }),
    )
  withConsent(withApiOptions(administrators.command('revoke').description('end the token of an administrator')))
    .argument('<name>')
    .addHelpText(
      'after',
      examples(
        'surety-directory administrators revoke ada@example.org',
        'surety-directory administrators revoke bob --json',
      ),
    )
    .action((name: string, options: ConsentOptions) =>
      revoke(components, options, {
        path: '/administrators',
        member: 'administrator',
        name,
        reader: administratorReader,
      }),
    )
}

function addServiceCommands(program: Command, components: CommandComponents): void {
  const services = program.command('services').description('servers that ask the API, each with a scope and a token')
  withTokenOptions(services.command('add').description('add a service and give out the token, once'))
    .argument('<name>', 'letters, digits and . @ + -')
    .requiredOption(
      '--scope <scope>',
      'decide: ask for verdicts only; read: see what a viewer sees; provision: send humans and groups by SCIM',
      oneOf('scope', SERVICE_SCOPES),
    )
    .addHelpText(
      'after',
      examples(
        'surety-directory services add vpn-gateway --scope decide --expires 365d --out vpn.json',
        'surety-directory services add prometheus --scope read',
        'surety-directory services add entra --scope provision --expires 365d',
      ),
    )
    .action((name: string, options: AddOptions) =>
      giveToken(components, options, {
        async ask(api) {
          const request = { name, scope: options.scope, ...ttlOf(options) }
          const { service, token } = await api.ask('POST', '/services', createdServiceReader, request)
          return { member: 'service', value: service, token }
        },
        undo: (api) => api.ask('DELETE', `/services/${encodeURIComponent(name)}`, serviceReader),
      }),
    )
  withApiOptions(services.command('list').description('services, without their tokens'))
    .addHelpText('after', examples('surety-directory services list', 'surety-directory services list --json'))
    .action((options: CommonOptions) =>
      list(components, options, { path: '/services', member: 'services', reader: serviceListReader }),
    )
  withTokenOptions(services.command('rotate').description(ROTATE_WORDS))
    .argument('<name>')
    .addHelpText(
      'after',
      examples(
        'surety-directory services rotate vpn-gateway --out vpn.newer.json',
        'surety-directory services rotate prometheus --expires 365d',
      ),
    )
    .action((name: string, options: TokenOptions) =>
      giveToken(components, options, {
        async ask(api) {
          const path = `/services/${encodeURIComponent(name)}/rotate`
          const { service, token } = await api.ask('POST', path, createdServiceReader, ttlOf(options))
          return { member: 'service', value: service, token }
        },
      }),
    )
  withConsent(withApiOptions(services.command('revoke').description('end the token of a service')))
    .argument('<name>')
    .addHelpText(
      'after',
      examples('surety-directory services revoke vpn-gateway', 'surety-directory services revoke prometheus --json'),
    )
    .action((name: string, options: ConsentOptions) =>
      revoke(components, options, { path: '/services', member: 'service', name, reader: serviceReader }),
    )
}

const ROTATE_WORDS = 'make a new token and give it out, once; the one before is valid too for a day'

interface Given {
  readonly member: 'administrator' | 'service'
  readonly value: Administrator | Service
  readonly token: string
}

interface TokenRequest {
  readonly ask: (api: ApiClient) => Promise<Given>
  /** After a rotation there is nothing to undo: the token before is still valid. */
  readonly undo?: (api: ApiClient) => Promise<unknown>
}

async function giveToken(
  components: CommandComponents,
  options: TokenOptions,
  { ask, undo }: TokenRequest,
): Promise<void> {
  const { url, ca } = await readProfileOf(components, options)
  const api = await openApi(components, options)
  const path = options.out === undefined ? undefined : resolve(options.out)
  // First: a token that cannot be written would be valid, and its holder would not have it.
  await using file = path === undefined ? undefined : await newFile(path)
  const { member, value, token } = await ask(api)
  const lines = factsOf(value)
  const document = { schema: `surety-directory/created-${member}@1`, [member]: value } as const
  if (file === undefined) {
    // Words go to standard error, so that standard output holds the token alone and can be piped.
    if (options.json !== true) components.err(`${lines.join('\n')}\n`)
    answer(components, options, { ...document, token }, () => [token])
    return
  }
  const profile: AdministratorProfile = { url, ca, token }
  try {
    await file.fill(utf8(`${JSON.stringify(profile, null, 2)}\n`))
  } catch (error) {
    await undo?.(api)
    throw error
  }
  answer(components, options, { ...document, profile: path }, () => [...lines, ...facts([['profile', path]])])
}

async function list<T extends Administrator | Service>(
  components: CommandComponents,
  options: CommonOptions,
  { path, member, reader }: { readonly path: string; readonly member: string; readonly reader: Reader<{ items: T[] }> },
): Promise<void> {
  const { items } = await (await openApi(components, options)).ask('GET', path, reader)
  answer(components, options, { schema: `surety-directory/${member}@1`, [member]: items }, () => {
    if (items.length === 0) return [`no ${member}; add one with: surety-directory ${member} add NAME`]
    const rows = items.map((one) => ({
      cells: [one.name, roleOf(one), one.status, endOf(one), ago(one.createdAt, components.now()), one.id],
    }))
    const heading = ['NAME', member === 'services' ? 'SCOPE' : 'ROLE', 'STATUS', 'EXPIRES', 'CREATED', 'ID']
    return table(rows, components.terminal, { heading })
  })
}

interface Revoked {
  readonly path: string
  readonly member: 'administrator' | 'service'
  readonly name: string
  readonly reader: Reader<Administrator> | Reader<Service>
}

async function revoke(
  components: CommandComponents,
  options: ConsentOptions,
  { path, member, name, reader }: Revoked,
): Promise<void> {
  const api = await openApi(components, options)
  await requireConsent(components, options, {
    act: `Revoke the token of the ${member} ${JSON.stringify(name)}`,
    permission: { api, action: 'change-principals' },
  })
  const revoked = await api.ask<Administrator | Service>('DELETE', `${path}/${encodeURIComponent(name)}`, reader)
  answer(components, options, { schema: `surety-directory/${member}@1`, [member]: revoked }, () => [
    `the token of ${revoked.name} is revoked`,
  ])
}

function withTokenOptions(command: Command): Command {
  return withApiOptions(command)
    .option('--expires <time>', 'how long the token is valid: 12h, 30d (default: 90d, at most 366d)', readTtl)
    .option('--out <file>', 'write a profile with the token to this new file (mode 0600), for --profile')
}

function ttlOf({ expires }: TokenOptions): { readonly ttlMs?: number } {
  return expires === undefined ? {} : { ttlMs: expires }
}

function factsOf(one: Administrator | Service): readonly string[] {
  return facts([
    ['name', one.name],
    ['role' in one ? 'role' : 'scope', roleOf(one)],
    ['expires', endOf(one)],
    ['old token until', one.oldTokenUntil === undefined ? undefined : timeOf(one.oldTokenUntil)],
  ])
}

function roleOf(one: Administrator | Service): string {
  return 'role' in one ? one.role : one.scope
}

function endOf({ expiresAt }: Administrator | Service): string {
  return expiresAt === undefined ? 'never' : timeOf(expiresAt)
}

function readTtl(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('a time is a number and s, m, h or d: 30d')
  if (ms < PRINCIPAL_TTL_MS.minimum || ms > PRINCIPAL_TTL_MS.maximum) throw new InvalidArgumentError('from 1m to 366d')
  return ms
}
