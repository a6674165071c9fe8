import { Dialog } from '../../parts/dialog.tsx'

const KEYS = [
  ['J', 'next agent'],
  ['K', 'agent before'],
  ['R', 'register it; the first time it asks what it is for'],
  ['M', 'add it to a registration'],
  ['B', 'block it'],
  ['I', 'ignore it'],
  ['U', 'undo the last decision'],
  ['?', 'these keys'],
] as const

export function InboxKeys({ onClose }: { onClose(): void }) {
  return (
    <Dialog title="Keys of the inbox" about="They act while no field has focus." onClose={onClose}>
      <dl className="facts">
        {KEYS.map(([key, about]) => (
          <div key={key} className="fact">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
