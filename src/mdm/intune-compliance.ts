import { LINUX, WINDOWS } from './installed-names.ts'
import type { MdmFile } from './mdm-file.ts'
import type { MdmValues } from './mdm-settings.ts'

/**
 * Custom compliance of Intune: a script prints what it discovers as one line of JSON, and rules say what it must be. On Linux the script
 * runs as the user of the device. Intune shows the texts of the rules to that user.
 */
export function intuneCompliance(system: 'linux' | 'windows', values: MdmValues): readonly MdmFile[] {
  const script =
    system === 'linux'
      ? { name: 'linux/compliance.sh', text: linuxScript() }
      : { name: 'windows/compliance.ps1', text: windowsScript() }
  return [script, { name: `${system}/compliance.json`, text: rules(values) }]
}

const NAME = 'SuretyVerdict'
const COMPLIANT = 'compliant'
/** By the exit codes of `surety status`. */
const WORDS = [
  [0, COMPLIANT],
  [3, 'not enrolled'],
  [4, 'not compliant'],
  [5, 'agents are stopped'],
  [6, 'suretyd does not answer'],
] as const
const UNKNOWN = 'unknown'
const MISSING = 'not installed'

function linuxScript(): string {
  return `#!/bin/sh
# Prints the verdict of Surety as JSON, for custom compliance. The rules are in compliance.json.
if command -v ${LINUX.command} > /dev/null; then
  ${LINUX.command} status --json > /dev/null 2>&1
  case $? in
${WORDS.map(([code, words]) => `    ${code}) verdict='${words}' ;;`).join('\n')}
    *) verdict='${UNKNOWN}' ;;
  esac
else
  verdict='${MISSING}'
fi
printf '{"${NAME}":"%s"}\\n' "$verdict"
`
}

function windowsScript(): string {
  return `# Prints the verdict of Surety as JSON, for custom compliance. The rules are in compliance.json.
$surety = Join-Path $env:ProgramW6432 '${WINDOWS.command}'
$verdict = '${MISSING}'
if (Test-Path -LiteralPath $surety -PathType Leaf) {
    & $surety status --json 2>&1 | Out-Null
    switch ($LASTEXITCODE) {
${WORDS.map(([code, words]) => `        ${code} { $verdict = '${words}' }`).join('\n')}
        default { $verdict = '${UNKNOWN}' }
    }
}
return @{ ${NAME} = $verdict } | ConvertTo-Json -Compress
`.replaceAll('\n', '\r\n')
}

function rules(values: MdmValues): string {
  const contact = values['support.contact'] ?? 'your IT department'
  const rule = {
    SettingName: NAME,
    Operator: 'IsEquals',
    DataType: 'String',
    Operand: COMPLIANT,
    MoreInfoUrl: values['support.url'] ?? 'https://example.org/laptops',
    RemediationStrings: [
      {
        Language: 'en_US',
        Title: 'Surety must find this device compliant. It says: {ActualValue}.',
        Description: `Run "surety status" on this device: it says what to do. For help, ask ${contact}.`,
      },
      {
        Language: 'de_DE',
        Title: 'Surety muss dieses Gerät für konform halten. Es meldet: {ActualValue}.',
        Description: `"surety status" auf diesem Gerät sagt, was zu tun ist. Bei Fragen: ${contact}.`,
      },
    ],
  }
  return `${JSON.stringify({ Rules: [rule] }, undefined, 2)}\n`
}
