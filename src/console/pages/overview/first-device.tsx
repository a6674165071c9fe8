import { useMay } from '../../data/session.ts'
import { Command } from '../../parts/command.tsx'
import { Panel } from '../../parts/panel.tsx'

/** How the first device comes, where there is none. The page changes when it has. */
export function FirstDevice({ isDemonstration }: { readonly isDemonstration: boolean }) {
  const mayEnrol = useMay('operate')
  if (isDemonstration) {
    return (
      <Panel title="No devices in this demonstration" place="span-12">
        <p className="muted">
          Everything here is made up, and no device can enrol. Make one with more:{' '}
          <code>surety-directory demo --devices 60 --data FOLDER</code>
        </p>
      </Panel>
    )
  }
  if (!mayEnrol) {
    return (
      <Panel title="No devices yet" place="span-12">
        <p className="muted">An operator or administrator adds the first one. It appears here without a reload.</p>
      </Panel>
    )
  }
  return (
    <Panel title="Add the first laptop: three commands" place="span-12">
      <div className="stack-4">
        <p className="muted">It takes about a minute. The laptop appears here without a reload, with its agents.</p>
        <ol className="steps">
          <li>
            <span className="medium">On this server: make an enrolment token for one laptop</span>
            <Command>surety-directory tokens create --owner ada@example.org --out enrolment</Command>
            <span className="small muted">
              The owner is the person who answers for it. A machine without a TPM needs{' '}
              <code>--minimum-tier software</code> too.
            </span>
          </li>
          <li>
            <span className="medium">On the laptop: put the file there, then install the package</span>
            <Command>install -D -m 600 enrolment /etc/surety/enrolment</Command>
            <Command>apt-get install ./surety_*.deb</Command>
          </li>
          <li>
            <span className="medium">On the laptop: watch it enrol</span>
            <Command>surety enrolment --wait 2m</Command>
          </li>
        </ol>
        <p className="small muted">
          Then start an agent on the laptop, such as <code>claude</code>: it appears here within a second.
        </p>
      </div>
    </Panel>
  )
}
