import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import {
  CONFIGURATION_KINDS,
  type Configuration,
  type ConfigurationDocument,
  type ConfigurationKind,
} from '../../protocol/nouns/directory/configuration.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { printableYaml } from '../command/printable-yaml.ts'

/** Writes an export: a file for each kind. The same configuration makes the same bytes. */

const FILES: Readonly<Record<ConfigurationKind, { readonly file: string; readonly about: readonly string[] }>> = {
  person: {
    file: 'people.yaml',
    about: ['People who were added by hand. Those who come by SCIM, and those who are deactivated, are not here.'],
  },
  group: { file: 'groups.yaml', about: ['Groups of people, by user name. Groups that come by SCIM are not here.'] },
  'service-account': {
    file: 'service-accounts.yaml',
    about: ['Service accounts that have not ended. What a successor accepted is not here: they accept it themselves.'],
  },
  registration: {
    file: 'registrations.yaml',
    about: [
      'Registered agents that have not ended, without those of one device, which claims, rules and the inbox make.',
      'A suspended or quarantined agent says "state: active": files neither hold an agent nor release one.',
    ],
  },
  preregistration: {
    file: 'preregistrations.yaml',
    about: ['Preregistered devices with their owners. Which device enrolled is not here.'],
  },
  administrator: {
    file: 'administrators.yaml',
    about: ['Administrators with their roles. Tokens and their ends are not here.'],
  },
  service: { file: 'services.yaml', about: ['Services with their scopes. Tokens and their ends are not here.'] },
  webhook: {
    file: 'webhooks.yaml',
    about: ['Webhooks by address. Secrets are not here, nor an address that may hold one.'],
  },
  policy: { file: 'policy.yaml', about: ['The policy in use. Its versions are not here.'] },
  rules: { file: 'rules.yaml', about: ['The rules in use. Their versions are not here.'] },
  'access-policy': {
    file: 'access-policy.yaml',
    about: ['The access policy in use, in Cedar. Its versions are not here.'],
  },
  'gate-policy': {
    file: 'gate-policy.yaml',
    about: ['The policy of the gate in use, in Cedar. Its versions are not here.'],
  },
}

export interface WrittenFile {
  readonly file: string
  readonly documents: number
}

/** @param options.replace files that are there. @throws `CONFLICT` for a file that is there; `STORE_FAILED`, `FILE_*`. */
export async function writeFolder(
  folder: string,
  { documents }: Pick<Configuration, 'documents'>,
  { replace }: { readonly replace: boolean },
): Promise<readonly WrittenFile[]> {
  const texts: (WrittenFile & { readonly text: string })[] = []
  for (const kind of CONFIGURATION_KINDS) {
    const file = join(folder, FILES[kind].file)
    const ofKind = documents.filter((one) => one.kind === kind)
    const isThere = (await readIfPresent(file, { maxBytes: Number.MAX_SAFE_INTEGER })) !== undefined
    if (isThere && !replace) {
      throw new SuretyError('CONFLICT', `${file} is there: give --force to replace it, or name another folder`)
    }
    // A file of before would bring back what is gone.
    if (ofKind.length > 0 || isThere) texts.push({ file, documents: ofKind.length, text: textOf(kind, ofKind) })
  }
  await mkdir(folder, { recursive: true })
  for (const { file, text } of texts) await writeDurably(file, Buffer.from(text), { mode: 0o644 })
  return texts.map(({ file, documents: count }) => ({ file, documents: count }))
}

function textOf(kind: ConfigurationKind, documents: readonly ConfigurationDocument[]): string {
  const comments = FILES[kind].about.map((line) => `# ${line}\n`).join('')
  return `${comments}${documents.map((document) => `---\n${printableYaml(document, { blocks: true })}`).join('')}`
}
