import type { MdmFile } from '../../src/mdm/mdm-file.ts'
import { renderMdm } from '../../src/mdm/render.ts'
import { TARGETS, type Target } from '../../src/mdm/targets.ts'

export const TEAM = 'ABCDE12345'

/** Values that every system takes, with what could break out of a text of any of the formats. */
export const HOSTILE = `Zoë’s "IT" <a&b> $x \`y\` $(id) %PATH% 'q' ;]]> {{ z }} \\n ☃ 🦀`
export const SETTINGS: readonly string[] = [
  ...['log.level=warn', `support.owner=${HOSTILE}`, 'support.contact=it@example.org', 'spool.maxBytes=4294967296'],
  ...['posture.skip=os.supported,tpm.present', 'log.maxFiles=7'],
]
export const VALUES: Readonly<Record<string, unknown>> = {
  'log.level': 'warn',
  'support.owner': HOSTILE,
  'support.contact': 'it@example.org',
  'log.maxFiles': 7,
  'spool.maxBytes': 2 ** 32,
  'posture.skip': ['os.supported', 'tpm.present'],
}

export function rendered(target: Target, settings: readonly string[] = SETTINGS): readonly MdmFile[] {
  return renderMdm({ target, settings, team: TEAM, organisation: 'Example & Co' }).files
}

/** Every file of every target, with the target before its name. */
export function allRendered(settings: readonly string[] = SETTINGS): readonly MdmFile[] {
  return TARGETS.flatMap((target) =>
    rendered(target, settings).map(({ name, text }) => ({ name: `${target}/${name}`, text })),
  )
}

export function textOf(files: readonly MdmFile[], name: string): string {
  const file = files.find((one) => one.name === name)
  if (file === undefined) throw new Error(`${name} is not among ${files.map((one) => one.name).join(', ')}`)
  return file.text
}
