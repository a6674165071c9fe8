import type { ClientFile } from './client-file.ts'

/** github/docs, hooks reference, October 2026. A hook that answers too late is ignored, so the time is long. */
export const copilotCli: ClientFile = {
  client: 'copilot-cli',
  places: {
    linux: '/etc/github-copilot/policy.d/50-surety.json',
    darwin: '/etc/github-copilot/policy.d/50-surety.json',
    windows: 'C:\\ProgramData\\GitHub\\Copilot\\policy.d\\50-surety.json',
  },
  isOwn: true,
  hasOnlyManaged: false,
  async render(_existing, { program, seconds }) {
    const hook = { type: 'command', exec: program, args: ['copilot-cli'], timeoutSec: seconds }
    return `${JSON.stringify({ version: 1, hooks: { preToolUse: [hook] } }, undefined, 2)}\n`
  },
}
