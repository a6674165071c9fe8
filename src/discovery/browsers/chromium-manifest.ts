import { arrayOf, asObject, type JsonObject, textOf } from '../../base/json-object.ts'
import { readCommentedJson, type TextFiles } from '../formats/json-file.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { Asked } from './host-permissions.ts'

export interface Manifest {
  readonly name: string | undefined
  readonly version: string | undefined
  readonly updateUrl: string | undefined
  /** An application or a theme is no extension. */
  readonly theme: boolean
  readonly asks: Asked
}

/** Ten times what large ones have: a thousand of a profile are read one after the other. */
const MAX_MANIFEST_BYTES = 1024 * 1024
const MAX_MESSAGES_BYTES = 1024 * 1024
/** More entries of a list than this are not looked at. */
const MAX_LIST = 5_000
const MESSAGE = /^__MSG_([A-Za-z0-9_@]+)__$/

/**
 * Chromium takes comments here and in messages (JSON_PARSE_CHROMIUM_EXTENSIONS of base/json/json_reader.h).
 *
 * @throws as `readJsonFile`.
 */
export async function readManifest(files: TextFiles, folder: string): Promise<Manifest> {
  const manifest = await readCommentedJson(files, `${folder}/manifest.json`, MAX_MANIFEST_BYTES)
  return { ...manifestFacts(manifest), name: await nameOf(files, folder, manifest) }
}

/** What a manifest says by itself, whether it lies in a file or in the preferences. */
export function manifestFacts(manifest: JsonObject): Manifest {
  const scripts = arrayOf(manifest, 'content_scripts').slice(0, MAX_LIST)
  const name = textOf(manifest, 'name')
  const version = textOf(manifest, 'version')
  return {
    name: name === undefined || MESSAGE.test(name) ? undefined : boundedText(name, 256),
    version: version === undefined ? undefined : boundedText(version, 64),
    updateUrl: textOf(manifest, 'update_url'),
    theme: Object.hasOwn(manifest, 'theme'),
    asks: {
      permissions: texts(arrayOf(manifest, 'permissions'), 256),
      hosts: texts(arrayOf(manifest, 'host_permissions'), 512),
      contentScripts: scripts.flatMap((script) => texts(arrayOf(asObject(script), 'matches'), 512)),
    },
  }
}

export function texts(values: readonly unknown[], maxLength: number): string[] {
  return values
    .slice(0, MAX_LIST)
    .flatMap((value) => (typeof value === 'string' && value !== '' ? [boundedText(value, maxLength)] : []))
}

/** `__MSG_key__` stands for a message of the default locale; keys are compared without case. */
async function nameOf(files: TextFiles, folder: string, manifest: JsonObject): Promise<string | undefined> {
  const name = textOf(manifest, 'name')
  const key = MESSAGE.exec(name ?? '')?.[1]?.toLowerCase()
  if (name === undefined || key === undefined) return name === undefined ? undefined : boundedText(name, 256)
  for (const locale of new Set([textOf(manifest, 'default_locale'), 'en', 'en_US'])) {
    if (locale === undefined || !/^[A-Za-z0-9_-]{2,16}$/.test(locale)) continue
    const message = await messageOf(files, `${folder}/_locales/${locale}/messages.json`, key)
    if (message !== undefined) return boundedText(message, 256)
  }
  return undefined
}

async function messageOf(files: TextFiles, path: string, key: string): Promise<string | undefined> {
  try {
    const messages = await readCommentedJson(files, path, MAX_MESSAGES_BYTES)
    const found = Object.keys(messages).find((each) => each.toLowerCase() === key)
    return found === undefined ? undefined : textOf(asObject(messages[found]), 'message')
  } catch {
    // Only a name is lost; the extension is told under its id.
    return undefined
  }
}
