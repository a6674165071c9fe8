import type { Vocabulary } from '../cedar/vocabulary.ts'

/** `Command`: of a shell. `File`: one that is read or written. `Host`: of an address. `Tool`: everything else. */
const GATE_RESOURCES = ['Command', 'File', 'Host', 'Tool'] as const
export type GateResource = (typeof GATE_RESOURCES)[number]

const ENTITIES = `
entity Person { id: String, name: String };
entity Agent { product: String };
entity Command, File, Host, Tool { name: String };
type Question = {
  action: String,
  now: Long,
  tool: String,
  person: Person,
  command: String,
  commandLower: String,
  programs: Set<String>,
  words: Set<String>,
  targets: Set<String>,
  names: Set<String>,
  writes: Set<String>,
  clears: Set<String>,
  isSweeping: Bool,
  recent: Set<String>,
  inFolder: Bool,
  server?: String,
  folder?: String,
  repository?: String,
};
`

/**
 * What policies of the gate can speak of. `docs/admin/gate-policy.md` has the same for administrators.
 *
 * Of shells: `command`, and `commandLower` in small letters, for rules that must not depend on case. `programs` are in small letters
 * and without folders. `words` are as they are written. See `CommandWords`.
 *
 * Of shells and files, with paths that are absolute and in their shortest spelling: `targets` are named. `names` are all names in
 * these paths, such as `.ssh`. `writes` may be changed, with every folder above them. `clears` may be deleted with all that is below.
 * `isSweeping`: that is the system, all files of a person, or a disk.
 *
 * `never`: neither an approval nor a bypass lifts this rule. `ask`: an approval of the owner of the agent, or of an approver, lifts it. `shadow`:
 * what it would deny is only recorded. `mark`: what a rule permits leaves this word in `context.recent` for ten minutes.
 */
export const GATE_VOCABULARY: Vocabulary = {
  called: 'a policy of the gate',
  entities: ENTITIES,
  principals: ['Agent'],
  resources: GATE_RESOURCES,
  annotations: { never: ['true'], ask: ['owner', 'approver'], shadow: ['true'], mark: [] },
  sample: {
    principal: { type: 'Agent', id: 'tried' },
    context: {
      now: 0,
      tool: 'tried',
      person: { __entity: { type: 'Person', id: 'tried' } },
      command: '',
      commandLower: '',
      programs: [],
      words: [],
      targets: [],
      names: [],
      writes: [],
      clears: [],
      isSweeping: false,
      recent: [],
      inFolder: false,
    },
    entities: [
      { uid: { type: 'Person', id: 'tried' }, attrs: { id: '0', name: 'tried' }, parents: [] },
      { uid: { type: 'Agent', id: 'tried' }, attrs: { product: 'tried' }, parents: [] },
    ],
    resource: { name: 'tried' },
  },
}
