import { type ClientFile, commandLine } from './client-file.ts'
import { mergeJsonHooks } from './merge-json.ts'

/**
 * cursor.com, hooks, and runs of 3.9.16. Commands and calls of MCP servers also fire `preToolUse`: its matcher names what has no event of
 * its own, so that one act asks once.
 */
export const cursor: ClientFile = {
  client: 'cursor',
  places: {
    linux: '/etc/cursor/hooks.json',
    darwin: '/Library/Application Support/Cursor/hooks.json',
    windows: 'C:\\ProgramData\\Cursor\\hooks.json',
  },
  isOwn: false,
  hasOnlyManaged: false,
  async render(existing, settings) {
    const hook = { command: commandLine(settings, 'cursor'), failClosed: true, timeout: settings.seconds }
    return mergeJsonHooks(existing, {
      members: { version: 1 },
      events: {
        beforeShellExecution: hook,
        beforeMCPExecution: hook,
        preToolUse: { ...hook, matcher: 'Write|Read|Task' },
      },
      comments: false,
    })
  },
}
