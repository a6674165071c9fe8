import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { exampleLines } from '../../command-line/program.ts'
import { type AdministratorProfile, apiAnswer } from '../../protocol/noun/answers.ts'
import { authoritySchema } from '../../protocol/nouns/directory/directory.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { table } from '../../view/terminal.ts'
import { answer, type CommandComponents, type CommonOptions } from '../command/command-line.ts'
import { facts } from '../command/format.ts'
import { contextNamed, readContexts, requireContextName, writeContexts } from '../connection/contexts.ts'
import { namedProfile, profileOf, readCa } from '../connection/find-profile.ts'

interface LoginOptions extends CommonOptions {
  readonly from?: string
  readonly url?: string
  readonly ca?: string
  readonly tokenFile?: string
  readonly root?: string
  readonly replace?: boolean
}

const JSON_OPTION = ['--json', 'one JSON document instead of words'] as const

/** `login` and `context`: several directories, and the one that commands talk to. */
export function addContextCommands(program: Command, components: CommandComponents): void {
  program
    .command('login')
    .description('store address, CA and token of a directory as a context, and use it from now on')
    .argument('[name]', 'of the context (default: the host in the address)')
    .option('--from <file>', 'take all three from this profile, such as administrator.json')
    .option('--url <url>', 'address of the API: https://HOST:PORT')
    .option('--ca <file>', 'PEM certificate of the only CA to trust')
    .option('--token-file <file>', 'file with the token (default: asked for, or read from standard input)')
    .option('--root <pin>', 'refuse a directory with another root key')
    .option('--replace', 'replace the context of this name')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      exampleLines(
        'surety-directory login --from ada.json',
        'surety-directory login staging --url https://directory.example.org:7444 --ca ca.pem',
      ),
    )
    .action((name: string | undefined, options: LoginOptions) => login(components, name, options))
  const context = program.command('context').description('the directories that you have logged in to')
  context
    .command('list')
    .description('contexts, without their tokens')
    .option(...JSON_OPTION)
    .addHelpText('after', exampleLines('surety-directory context list', 'surety-directory context list --json'))
    .action((options: CommonOptions) => list(components, options))
  context
    .command('use')
    .description('use a context from now on')
    .argument('<context>', 'its name')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      exampleLines('surety-directory context use staging', 'surety-directory context use production'),
    )
    .action(async (name: string, options: CommonOptions) => {
      const { contextsFile } = components.client
      const contexts = await readContexts(contextsFile)
      const profile = contextNamed(contexts, name)
      await writeContexts(contextsFile, { ...contexts, current: name })
      tell(components, options, { name, profile, words: 'is used from now on' })
    })
  context
    .command('remove')
    .description('forget a context and its token; the token stays valid until it is revoked')
    .argument('<context>', 'its name')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      exampleLines('surety-directory context remove staging', 'surety-directory context remove old --json'),
    )
    .action(async (name: string, options: CommonOptions) => {
      const { contextsFile } = components.client
      const { current, byName } = await readContexts(contextsFile)
      const profile = contextNamed({ current, byName }, name)
      const left = new Map([...byName].filter(([one]) => one !== name))
      await writeContexts(contextsFile, { current: current === name ? undefined : current, byName: left })
      tell(components, options, { name, profile, words: 'is removed; its token stays valid until it is revoked' })
    })
}

const authorityReader = apiAnswer(authoritySchema, 'authority')

async function login(components: CommandComponents, given: string | undefined, options: LoginOptions): Promise<void> {
  if (given !== undefined) requireContextName(given)
  const profile = await newProfile(components, options)
  const name = given ?? requireContextName(new URL(profile.url).hostname.replace(/^\[|\]$/g, '').replaceAll(':', '-'))
  const { contextsFile } = components.client
  const present = async () => {
    const { byName } = await readContexts(contextsFile)
    if (!byName.has(name) || options.replace === true) return byName
    throw new SuretyError('CONFLICT', `there is a context ${name}: give --replace, or another name`)
  }
  await present()
  // Every role may ask this. Nothing is stored of a directory that does not answer or does not take the token.
  const { pins } = await components.apiOf(profile).ask('GET', '/authority', authorityReader)
  if (options.root !== undefined && options.root !== pins.root) {
    throw new SuretyError('PIN_MISMATCH', `the root key of ${profile.url} is ${pins.root}, and not the one of --root`)
  }
  // Read again: another login may have ended meanwhile.
  await writeContexts(contextsFile, { current: name, byName: new Map([...(await present()), [name, profile]]) })
  answer(components, options, { schema: 'surety-directory/login@1', ...shown(name, profile), root: pins.root }, () =>
    facts([
      ['context', name],
      ['url', profile.url],
      ['root key', pins.root],
      ['stored in', contextsFile],
    ]),
  )
}

async function newProfile(components: CommandComponents, options: LoginOptions): Promise<AdministratorProfile> {
  const { from, url, ca, tokenFile } = options
  if (from !== undefined) {
    if (url !== undefined || ca !== undefined || tokenFile !== undefined) {
      throw new SuretyError('USAGE_INVALID', '--from has address, CA and token: leave --url, --ca and --token-file out')
    }
    return await namedProfile(from)
  }
  if (url === undefined || ca === undefined) {
    throw new SuretyError('USAGE_INVALID', 'give --from FILE, or --url URL and --ca FILE')
  }
  const certificate = await readCa(ca)
  const token = tokenFile === undefined ? await components.readSecret('Token: ') : await readToken(tokenFile)
  return profileOf({ url: url.replace(/\/+$/, ''), ca: certificate, token }, 'login')
}

async function readToken(path: string): Promise<string> {
  const bytes = await readIfPresent(path, { maxBytes: 8 * 1024, ownerOnly: true })
  if (bytes === undefined)
    throw new SuretyError('CONFIG_INVALID', `there is no file ${JSON.stringify(path)}: give the token`)
  // What is not UTF-8 is no token, and refused as one.
  return new TextDecoder().decode(bytes).trim()
}

async function list(components: CommandComponents, options: CommonOptions): Promise<void> {
  const { current, byName } = await readContexts(components.client.contextsFile)
  const contexts = [...byName].map(([name, profile]) => ({ ...shown(name, profile), current: name === current }))
  answer(components, options, { schema: 'surety-directory/contexts@1', contexts }, () => {
    if (contexts.length === 0) return ['no contexts; make one with: surety-directory login']
    const rows = contexts.map(({ name, url, current: isCurrent }) => ({ cells: [isCurrent ? '*' : '', name, url] }))
    return table(rows, components.terminal, { heading: ['CURRENT', 'NAME', 'URL'] })
  })
}

interface Told {
  readonly name: string
  readonly profile: AdministratorProfile
  readonly words: string
}

function tell(components: CommandComponents, options: CommonOptions, { name, profile, words }: Told): void {
  answer(components, options, { schema: 'surety-directory/context@1', ...shown(name, profile) }, () => [
    `the context ${name} (${profile.url}) ${words}`,
  ])
}

function shown(name: string, { url }: AdministratorProfile) {
  return { name, url }
}
