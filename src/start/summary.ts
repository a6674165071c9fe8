import { printable } from '../base/printable.ts'
import type { DeviceFinding } from '../protocol/api-devices.ts'
import type { AgentSighting, ExtensionSighting } from '../protocol/sighting.ts'
import type { StartDocument } from './document.ts'

const SHOWN_EXTENSIONS = 15
const SHOWN_AGENTS = 20

/** The live summary of `npm start`, as lines. Foreign text is made printable; nothing is said by colour alone. */
export function summaryLines(document: StartDocument, width: number): readonly string[] {
  const { device, directory } = document
  const running = document.agents.filter(({ state }) => state === 'running')
  const installed = document.agents.filter(({ state }) => state === 'installed')
  return [
    `Device      ${printable(device.hostname)}  ${device.id}  epoch ${device.epoch}`,
    `Tier        ${device.tier}${TIER_WORDS[device.tier] ?? ''}`,
    `Verdict     ${document.verdict.toUpperCase()}`,
    '',
    `Checks      ${countStates(document.findings)}`,
    ...findingLines(document, width),
    '',
    `Agents      ${running.length} running, ${installed.length} installed`,
    ...listed(running, SHOWN_AGENTS, agentLine),
    ...listed(installed, SHOWN_AGENTS, agentLine),
    `Extensions  ${document.extensions.length} in browsers, ${document.extensions.filter(({ ai }) => ai).length} of them AI`,
    ...listed(document.extensions, SHOWN_EXTENSIONS, extensionLine),
    ...unreadLines(document),
    '',
    `API         ${directory.api}`,
  ].map((line) => clip(line, width))
}

const TIER_WORDS: Readonly<Record<string, string>> = {
  simulated: '  (a TPM simulator: proves the ceremony, not this machine)',
  software: '  (a key in a file: proves possession, not hardware)',
  tpm: '  (a TPM whose maker is not among the trust anchors)',
}

function countStates(findings: readonly DeviceFinding[]): string {
  const count = (state: DeviceFinding['state']) => findings.filter((finding) => finding.state === state).length
  return `${count('pass')} pass, ${count('fail')} fail, ${count('unknown')} unknown`
}

/** What needs a person comes first: failed, then unknown, then passed; required checks before advisory ones. */
function findingLines({ findings, reasons }: StartDocument, width: number): string[] {
  const advisory = new Set<string>(reasons.filter((reason) => reason.advisory === true).map(({ check }) => check))
  const rank = ({ check, state }: DeviceFinding) => STATES.indexOf(state) * 2 + (advisory.has(check) ? 1 : 0)
  return [...findings]
    .sort((a, b) => rank(a) - rank(b) || a.check.localeCompare(b.check))
    .flatMap((finding) => {
      const words = `${finding.explanation}${advisory.has(finding.check) ? ' [advisory]' : ''}`
      return wrapped(`  ${finding.state.padEnd(8)}${finding.check.padEnd(32)}`, words, width)
    })
}

const STATES: readonly DeviceFinding['state'][] = ['fail', 'unknown', 'pass']

function agentLine(agent: AgentSighting): string {
  const where = agent.process === undefined ? (agent.path ?? '') : `pid ${agent.process.pid}`
  const flags = agent.flags?.length ? `  flags ${agent.flags.join(' ')}` : ''
  return `  ${agent.state.padEnd(10)}${agent.name} ${agent.version ?? ''}  ${agent.user?.name ?? ''}  ${where}${flags}`
}

function extensionLine(extension: ExtensionSighting): string {
  const ai = extension.ai ? 'AI  ' : '    '
  const enabled =
    extension.enabled === true ? '' : extension.enabled === false ? '  (disabled)' : '  (enabled: unknown)'
  return `  ${ai}${extension.name} ${extension.version ?? ''}  ${extension.product}/${extension.profile}  ${extension.user?.name ?? ''}${enabled}`
}

function listed<T>(items: readonly T[], most: number, line: (item: T) => string): string[] {
  const rest = items.length - most
  return [...items.slice(0, most).map(line), ...(rest > 0 ? [`  … and ${rest} more (see --json)`] : [])].map(printable)
}

/** Quiet is not clean: places that could not be read are named. */
function unreadLines({ sources }: StartDocument): string[] {
  const unread = sources.filter(({ state }) => state !== 'parsed' && state !== 'absent')
  if (unread.length === 0) return [`Sources     ${sources.length} read`]
  return [
    `Sources     ${unread.length} of ${sources.length} could not be read`,
    ...listed(
      unread,
      10,
      (source) => `  ${source.state.padEnd(11)}${source.path ?? source.source}  ${source.reason ?? ''}`,
    ),
  ]
}

function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`
}

/** Breaks `words` into lines of `width`, the first after `head`, the rest below it. */
function wrapped(head: string, words: string, width: number): string[] {
  const room = Math.max(30, width - head.length)
  const lines: string[] = []
  let line = ''
  for (const word of printable(words).split(' ')) {
    if (line !== '' && line.length + word.length + 1 > room) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((each, index) => (index === 0 ? head : ' '.repeat(head.length)) + each)
}
