import type { Examples } from '../../command-line/program.ts'
import { elevated } from './administrator-words.ts'
import type { CliInit } from './cli-components.ts'

/** For the commands that do not bring examples of their own. */
export const examplesOn = (platform: CliInit['platform']): Examples => ({
  agents: ['surety agents', 'surety agents --watch'],
  'agents show': ['surety agents show claude', 'surety agents show 4121 --json'],
  extensions: ['surety extensions', 'surety extensions --json'],
  'extensions show': ['surety extensions show "GitHub Copilot"', 'surety extensions show 1f2e --json'],
  mcp: ['surety mcp', 'surety mcp --watch'],
  'mcp show': ['surety mcp show github', 'surety mcp show 56b22ff6 --json'],
  runtimes: ['surety runtimes', 'surety runtimes --json'],
  'runtimes show': ['surety runtimes show ollama', 'surety runtimes show 9ab1 --json'],
  files: ['surety files', 'surety files --json'],
  'files show': ['surety files show CLAUDE.md', 'surety files show 77c0 --json'],
  refresh: [elevated(platform, 'surety refresh'), elevated(platform, 'surety refresh --json')],
  'report-removal': [
    elevated(platform, 'surety report-removal --reason "the laptop goes to another company"'),
    elevated(platform, 'surety report-removal --reason "package removed" --json'),
  ],
  'config show': ['surety config show', 'surety config show --json'],
  version: ['surety version', 'surety version --json'],
})
