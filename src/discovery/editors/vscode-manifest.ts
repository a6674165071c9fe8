import { arrayOf, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import { readJsonFile, type TextFiles } from '../formats/json-file.ts'
import { boundedText } from '../redaction/bounded-text.ts'

export interface ExtensionManifest {
  readonly name: string | undefined
  readonly version: string | undefined
  /** The kinds of contribution that matter for trust, by the names VS Code gives them. */
  readonly contributes: readonly string[]
  /** Why this is AI though no catalogue says so. */
  readonly aiReasons: readonly string[]
}

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024
const MAX_MESSAGES_BYTES = 2 * 1024 * 1024
/** Only extensions that work with language models contribute these; see VS Code's contribution points. */
const AI_CONTRIBUTIONS = [
  'chatParticipants',
  'chatAgents',
  'chatSessions',
  'languageModelTools',
  'languageModelToolSets',
  'languageModelChatProviders',
  'languageModels',
  'mcpServerDefinitionProviders',
] as const
const TELLING_CONTRIBUTIONS = [
  ...AI_CONTRIBUTIONS,
  'authentication',
  'terminal',
  'taskDefinitions',
  'debuggers',
] as const
const MESSAGE = /^%([^%]{1,128})%$/

/** @throws as `readJsonFile`. */
export async function readExtensionManifest(files: TextFiles, folder: string): Promise<ExtensionManifest> {
  const manifest = await readJsonFile(files, `${folder}/package.json`, MAX_MANIFEST_BYTES)
  const contributes = objectOf(manifest, 'contributes')
  const has = (point: string) => {
    const value = memberOf(contributes, point)
    return Array.isArray(value) ? value.length > 0 : typeof value === 'object' && value !== null
  }
  const version = textOf(manifest, 'version')
  const proposals = arrayOf(manifest, 'enabledApiProposals').length > 0
  return {
    name: await nameOf(files, folder, textOf(manifest, 'displayName') ?? textOf(manifest, 'name')),
    version: version === undefined ? undefined : boundedText(version, 64),
    contributes: [...TELLING_CONTRIBUTIONS.filter(has), ...(proposals ? ['enabledApiProposals'] : [])],
    aiReasons: AI_CONTRIBUTIONS.filter(has).map((point) => `contributes ${point}`),
  }
}

/** `%key%` stands for a message of `package.nls.json`. */
async function nameOf(files: TextFiles, folder: string, name: string | undefined): Promise<string | undefined> {
  const key = MESSAGE.exec(name ?? '')?.[1]
  if (name === undefined || key === undefined) return name === undefined ? undefined : boundedText(name, 256)
  try {
    const messages = await readJsonFile(files, `${folder}/package.nls.json`, MAX_MESSAGES_BYTES)
    const message = textOf(messages, key) ?? textOf(objectOf(messages, key), 'message')
    return message === undefined ? undefined : boundedText(message, 256)
  } catch {
    // A name that cannot be read is no fault of the list of extensions.
    return undefined
  }
}
