import { type ClientFile, STATUS_MESSAGE } from './client-file.ts'

/** code.claude.com, hooks and managed settings, October 2026. `onFailure` needs 2.1.295; older versions let the agent act. */

const FILE = 'managed-settings.d/50-surety.json'

export const claudeCode: ClientFile = {
  client: 'claude-code',
  places: {
    linux: `/etc/claude-code/${FILE}`,
    darwin: `/Library/Application Support/ClaudeCode/${FILE}`,
    windows: `C:\\Program Files\\ClaudeCode\\${FILE.replace('/', '\\')}`,
  },
  isOwn: true,
  hasOnlyManaged: true,
  async render(_existing, { program, seconds, onlyManaged }) {
    const hook = {
      type: 'command',
      command: program,
      args: ['claude-code'],
      timeout: seconds,
      onFailure: 'block',
      statusMessage: STATUS_MESSAGE,
    }
    const settings = {
      hooks: { PreToolUse: [{ matcher: '*', hooks: [hook] }] },
      ...(onlyManaged && { allowManagedHooksOnly: true }),
    }
    return `${JSON.stringify(settings, undefined, 2)}\n`
  },
}
