import { words } from '../../base/schema.ts'
import { preregisteredSchema, preregistrationRequestSchema, preregistrationSchema } from '../api/preregistrations.ts'
import { preregistrationIdSchema } from '../ids.ts'
import { noun, verb } from './noun.ts'
import { counted } from './words.ts'

export const preregistrations = noun({
  one: 'preregistration',
  many: 'preregistrations',
  about: 'devices that may enrol with a token for preregistered devices, each once',
  id: preregistrationIdSchema,
  item: preregistrationSchema,
  called: 'its id, at least eight characters of its beginning, its name, owner or device',
  describe: ({ id, kind, name }) => `${id} (${kind} ${name})`,
  completes: ({ name, owner }) => ({ word: name, about: owner }),
  list: {
    operationId: 'listPreregistrations',
    action: 'audit',
    summary: 'Preregistrations by id, filtered by use, or by name, owner or device',
    filters: {
      used: {
        schema: words('yes', 'no'),
        options: [{ flags: '--unused', about: 'only those that no device has used', value: 'no' }],
      },
    },
    sorts: ['name', 'owner', 'added'],
    search: 'only those whose name or owner begins with this',
    about: 'devices that are preregistered',
    examples: ['list --unused', 'list -o csv > preregistered.csv'],
    columns: [
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'KIND', of: ({ kind }) => kind },
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'OWNER', of: ({ owner }) => owner },
      { heading: 'DEVICE', of: ({ device }) => device },
      { heading: 'ENROLLED', of: ({ enrolledAt }) => enrolledAt, as: 'time' },
      { heading: 'ADDED', of: ({ addedAt }) => addedAt, as: 'time', wide: true },
      { heading: 'BY', of: ({ addedBy }) => addedBy, wide: true },
    ],
  },
  verbs: {
    add: verb({
      method: 'POST',
      operationId: 'preregisterDevices',
      action: 'operate',
      summary: 'Preregister devices, all or none: tokens for preregistered devices take them',
      body: preregistrationRequestSchema,
      // Ten thousand devices with long names and owners.
      bodyMaxBytes: 4 * 1024 * 1024,
      response: preregisteredSchema,
      creates: true,
      command: {
        about: 'preregister the devices of a file, all or none',
        arguments: [
          { name: 'file', about: 'CSV, one line a device: SERIAL-OR-HOST,OWNER; also serial:…, host:… and ek:SHA-256' },
        ],
        examples: ['add laptops.csv', 'add endorsement-keys.csv --json'],
        says: ({ added, changed, unchanged }) => [
          `${counted(added)} added, ${counted(changed)} changed, ${counted(unchanged)} unchanged`,
        ],
        document: { name: 'preregistered' },
      },
    }),
    remove: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'removePreregistration',
      action: 'operate',
      summary: 'Remove a preregistration. A device that enrolled with it stays',
      response: preregistrationSchema,
      command: {
        about: 'take one back; a device that enrolled with it stays',
        examples: ['remove PF3X2Y1Z', 'remove pre_4fG2 --json'],
        says: ({ id, device }) => [
          `preregistration ${id} is removed`,
          ...(device === undefined ? [] : [`${device}, which enrolled with it, stays`]),
        ],
      },
    }),
  },
})
