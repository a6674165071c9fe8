import { groupIdSchema, humanIdSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'
import { PERSON } from '../../noun/words.ts'
import { groupChangeSchema, groupRequestSchema, groupSchema } from './people.ts'

/** Groups of humans. Groups of devices are of the policy. */
export const groups = noun({
  one: 'group',
  many: 'groups',
  about: 'groups of people',
  id: groupIdSchema,
  item: groupSchema,
  called: 'its name, id, or at least eight characters of its beginning',
  describe: ({ id, name }) => `${id} (${name})`,
  completes: ({ name, id }) => ({ word: name, about: id }),
  list: {
    operationId: 'listGroups',
    action: 'view',
    summary: 'Groups of people in the order in which they came',
    filters: {
      member: {
        schema: humanIdSchema,
        options: [{ flags: '--member <person>', about: `only those with this person: ${PERSON}`, as: 'human' }],
      },
    },
    search: 'only those whose name begins with this',
    sorts: ['name', 'since'],
    about: 'groups in the order in which they came',
    examples: ['list --search pay', 'list -o csv'],
    columns: [
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'FROM', of: ({ origin }) => origin },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'SINCE', of: ({ createdAt }) => createdAt, as: 'time', wide: true },
    ],
  },
  show: {
    operationId: 'showGroup',
    action: 'view',
    summary: 'A group of humans',
    about: 'a group and its members',
    examples: ['show payments', 'show grp_4fG2 --json'],
  },
  verbs: {
    add: verb({
      method: 'POST',
      operationId: 'addGroup',
      action: 'identify',
      summary: 'Add a group of humans',
      body: groupRequestSchema,
      response: groupSchema,
      creates: true,
      command: {
        about: 'add a group',
        arguments: [{ name: 'name', member: 'name' }],
        examples: ['add payments', 'add "Platform team" --json'],
        says: ({ id, name }) => [`group ${id} (${JSON.stringify(name)}) is added`],
      },
    }),
    change: verb({
      method: 'POST',
      ofItem: true,
      operationId: 'changeGroup',
      action: 'identify',
      summary: 'Rename a group, add and remove members, all or nothing',
      body: groupChangeSchema,
      // A thousand long names to add, and as many to remove.
      bodyMaxBytes: 4 * 1024 * 1024,
      response: groupSchema,
      command: {
        about: 'rename a group, add and remove members, all or nothing',
        options: [
          { flags: '--name <text>', about: 'another name', member: 'name' },
          { flags: '--add <person...>', about: `new members: ${PERSON}`, member: 'add' },
          { flags: '--remove <person...>', about: 'members to remove', member: 'remove' },
        ],
        examples: ['change payments --add ada bob --remove eve', 'change payments --name "Payments team" --json'],
        says: ({ id, name }) => [`group ${id} (${JSON.stringify(name)}) is changed`],
      },
    }),
    remove: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'removeGroup',
      action: 'identify',
      summary: 'Remove a group. Its members stay',
      response: groupSchema,
      command: {
        about: 'remove a group; its members stay',
        asks: 'Remove the group',
        examples: ['remove payments', 'remove payments --yes --json'],
        says: ({ id, name }) => [`group ${id} (${JSON.stringify(name)}) is removed`],
      },
    }),
  },
})
