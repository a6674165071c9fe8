import { type KeyGroup, KeysDialog } from '../acts/keys-dialog.tsx'

const GROUPS: readonly KeyGroup[] = [
  {
    heading: 'Everywhere',
    keys: [
      ['/', 'search everything'],
      ['Ctrl K', 'search everything, also from a field; Cmd K on a Mac'],
      ['?', 'these keys; in the inbox, its own keys'],
      ['Esc', 'close what is open'],
    ],
  },
  {
    heading: 'In a list',
    keys: [
      ['J', 'next row'],
      ['K', 'row before'],
      ['Home', 'first row'],
      ['End', 'last row'],
      ['Enter', 'open the row'],
    ],
  },
  {
    heading: 'At an agent',
    keys: [
      ['R', 'register it'],
      ['M', 'add it to a registration'],
      ['B', 'block it'],
      ['I', 'ignore it'],
      ['U', 'undo the last decision'],
      ['T', 'its chain as a table'],
    ],
  },
]

/** The keys of the console. */
export function Shortcuts({ onClose }: { onClose(): void }) {
  return <KeysDialog title="Keyboard shortcuts" groups={GROUPS} onClose={onClose} />
}
