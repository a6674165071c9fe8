import type { Examples } from '../command-line/program.ts'

/** For the commands that do not bring examples of their own. Two each: a test goes over all commands. */
export const EXAMPLES: Examples = {
  serve: [
    'surety-directory serve --names directory.example.org',
    'surety-directory serve --data /srv/directory --api-host 0.0.0.0 --log-level debug',
  ],
  'administrator reset': [
    'surety-directory administrator reset',
    'surety-directory administrator reset --data /srv/directory',
  ],
  'config show': ['surety-directory config show', 'surety-directory config show --data /srv/directory --json'],
  version: ['surety-directory version', 'surety-directory version --json'],
  'devices order': [
    'surety-directory devices order lap-0042 attest --reason "asked by support"',
    'surety-directory devices order lap-0042 collect --reason "new agent reported"',
  ],
  'agents list': [
    'surety-directory agents list --autonomous --running',
    'surety-directory agents list --product claude-code --autonomous',
  ],
  'agents show': ['surety-directory agents show claude-code', 'surety-directory agents show lap-0042 1f2e'],
  'mcp list': ['surety-directory mcp list --risk secret-in-file', 'surety-directory mcp list --device lap-0042'],
  'mcp conflicts': ['surety-directory mcp conflicts', 'surety-directory mcp conflicts --json'],
  'extensions list': ['surety-directory extensions list --ai', 'surety-directory extensions list --rare 3'],
  'runtimes list': ['surety-directory runtimes list --running', 'surety-directory runtimes list --json'],
  'files list': ['surety-directory files list', 'surety-directory files list --device lap-0042'],
  'events kinds': ['surety-directory events kinds', 'surety-directory events kinds --json'],
  'policy show': ['surety-directory policy show > policy.yaml', 'surety-directory policy show 3'],
  'policy check': ['surety-directory policy check policy.yaml', 'surety-directory policy check policy.yaml --json'],
  'policy test': ['surety-directory policy test policy.yaml', 'surety-directory policy test policy.yaml --against 7d'],
  'policy set': [
    'surety-directory policy set policy.yaml',
    'surety-directory policy set policy.yaml --reason "the audit asks for it" --replaces 3',
  ],
  'policy history': ['surety-directory policy history', 'surety-directory policy history --json'],
  'policy rollback': ['surety-directory policy rollback 3', 'surety-directory policy rollback 0 --force'],
  'access show': ['surety-directory access show > access.cedar', 'surety-directory access show 3'],
  'access check': ['surety-directory access check access.cedar', 'surety-directory access check access.cedar --json'],
  'access test': [
    'surety-directory access test access.cedar',
    'surety-directory access test access.cedar --against 7d',
  ],
  'access set': [
    'surety-directory access set access.cedar',
    'surety-directory access set access.cedar --reason "data sets for the new team" --replaces 3',
  ],
  'access history': ['surety-directory access history', 'surety-directory access history --json'],
  'gate-policy show': ['surety-directory gate-policy show > gate.cedar', 'surety-directory gate-policy show 3'],
  'gate-policy check': [
    'surety-directory gate-policy check gate.cedar',
    'surety-directory gate-policy check gate.cedar --json',
  ],
  'gate-policy test': [
    'surety-directory gate-policy test gate.cedar',
    'surety-directory gate-policy test gate.cedar --json',
  ],
  'gate-policy set': [
    'surety-directory gate-policy set gate.cedar',
    'surety-directory gate-policy set gate.cedar --reason "no pushes by force" --replaces 3',
  ],
  'gate-policy history': ['surety-directory gate-policy history', 'surety-directory gate-policy history --json'],
  'gate-policy rollback': [
    'surety-directory gate-policy rollback 3',
    'surety-directory gate-policy rollback 0 --reason "the default again"',
  ],
  'access rollback': ['surety-directory access rollback 3', 'surety-directory access rollback 0 --reason "as before"'],
  'rules show': ['surety-directory rules show > rules.yaml', 'surety-directory rules show 3'],
  'rules check': ['surety-directory rules check rules.yaml', 'surety-directory rules check rules.yaml --json'],
  'rules test': ['surety-directory rules test rules.yaml', 'surety-directory rules test rules.yaml --json'],
  'rules set': [
    'surety-directory rules set rules.yaml',
    'surety-directory rules set rules.yaml --reason "tried for a week"',
  ],
  'rules history': ['surety-directory rules history', 'surety-directory rules history --json'],
  'rules rollback': ['surety-directory rules rollback 3', 'surety-directory rules rollback 0'],
}
