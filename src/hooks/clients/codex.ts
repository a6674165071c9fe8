import { isDeepStrictEqual } from 'node:util'
import { SuretyError } from '../../base/errors.ts'
import { type JsonObject, memberOf, objectOf } from '../../base/json-object.ts'
import { parseConfig } from '../../discovery/formats/config-text.ts'
import { type ClientFile, commandLine, folderOf, type HookSettings, STATUS_MESSAGE } from './client-file.ts'

/**
 * developers.openai.com/codex, managed configuration, and rust-v0.155.0. Hooks of administrators run only with the folder where they lie.
 * Texts of TOML between quotation marks are written as JSON writes them.
 */
export const codex: ClientFile = {
  client: 'codex',
  places: {
    linux: '/etc/codex/requirements.toml',
    darwin: '/etc/codex/requirements.toml',
    windows: 'C:\\ProgramData\\OpenAI\\Codex\\requirements.toml',
  },
  isOwn: false,
  hasOnlyManaged: true,
  async render(existing, settings) {
    const text = (existing ?? '').replace(/^\ufeff/, '')
    const before = await parseConfig('requirements.toml', text)
    const top = [...onlyManagedLines(before, settings)]
    const end = [...featureLines(before), ...hookLines(before, settings)]
    if (top.length + end.length === 0) return existing ?? text
    const newline = text.includes('\r\n') ? '\r\n' : '\n'
    const lines = (all: readonly string[]) => all.map((line) => `${line}${newline}`).join('')
    const gap = text === '' || text.endsWith('\n') ? '' : newline
    const whole = `${lines(top)}${text}${gap}${lines(end)}`
    await refuseUnreadable(whole)
    return whole
  },
}

const ADDED = '# Added by surety hooks install.'
const ONLY_MANAGED = 'allow_managed_hooks_only'

/** A member of the document must come before the first table. */
function onlyManagedLines(before: JsonObject, { onlyManaged }: HookSettings): readonly string[] {
  const value = memberOf(before, ONLY_MANAGED)
  if (!onlyManaged || value === true) return []
  if (value === undefined) return [ADDED, `${ONLY_MANAGED} = true`]
  throw conflict(`it sets ${ONLY_MANAGED} to something else than true: remove that line, then install again`)
}

function featureLines(before: JsonObject): readonly string[] {
  const features = memberOf(before, 'features')
  if (features === undefined) return ['', ADDED, '[features]', 'hooks = true']
  if (memberOf(objectOf(before, 'features'), 'hooks') === true) return []
  throw conflict('its table [features] does not turn hooks on: write "hooks = true" into it, then install again')
}

function hookLines(before: JsonObject, settings: HookSettings): readonly string[] {
  const folder = settings.system === 'windows' ? 'windows_managed_dir' : 'managed_dir'
  const hook = {
    type: 'command',
    command: commandLine(settings, 'codex'),
    timeout: settings.seconds,
    statusMessage: STATUS_MESSAGE,
  }
  const wanted = { [folder]: folderOf(settings), PreToolUse: [{ matcher: '.*', hooks: [hook] }] }
  const hooks = memberOf(before, 'hooks')
  if (isDeepStrictEqual(plain(hooks), wanted)) return []
  if (hooks !== undefined) {
    throw conflict('it has hooks of its own: add the lines of "surety hooks render --client codex" to it by hand')
  }
  return [
    ...['', ADDED, '[hooks]', `${folder} = ${JSON.stringify(folderOf(settings))}`],
    ...['', '[[hooks.PreToolUse]]', 'matcher = ".*"'],
    ...[
      '',
      '[[hooks.PreToolUse.hooks]]',
      ...Object.entries(hook).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    ],
  ]
}

/** Tables that were parsed have another prototype. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** What parses alone may not parse together. */
async function refuseUnreadable(whole: string): Promise<void> {
  try {
    await parseConfig('requirements.toml', whole)
  } catch (cause) {
    throw new SuretyError(
      'CONFLICT',
      'nothing can be added to it: add the lines of "surety hooks render --client codex" by hand',
      { cause },
    )
  }
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
