import { Dialog } from '../parts/dialog.tsx'
import { KeyList } from '../parts/key-list.tsx'

const GROUPS = [
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
] as const

/** What the keyboard does. */
export function KeysDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title="Keyboard shortcuts" about="Single keys act while no field has focus." onClose={onClose}>
      {GROUPS.map(({ heading, keys }) => (
        <section key={heading} className="stack-2" aria-label={heading}>
          <h3>{heading}</h3>
          <KeyList keys={keys} />
        </section>
      ))}
    </Dialog>
  )
}
