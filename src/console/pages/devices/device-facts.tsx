import type { ReactNode } from 'react'
import type { Device } from '../../../protocol/nouns/devices/devices.ts'
import { Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'

const GIB = 2 ** 30

/** What the device is, as it reports, and what was said about it here. */
export function DeviceFacts({ device }: { readonly device: Device }) {
  const { id, inventory, labels = {}, enrolledAt, endorsement, epoch, health, notes, attestation, head } = device
  const memory = inventory?.memoryBytes
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Model', said(join(inventory?.manufacturer, inventory?.model))],
    ['Serial', said(inventory?.serial)],
    ['System', said(join(inventory?.osName, inventory?.osVersion))],
    ['Kernel', said(inventory?.kernel)],
    ['Processor', said(inventory?.cpu)],
    ['Memory', memory === undefined ? undefined : `${Math.round(memory / GIB)} GiB`],
    ['TPM', said(join(endorsement?.maker, endorsement?.model, endorsement?.firmware))],
    ['Daemon', said(inventory?.daemon?.version)],
    [
      'Labels',
      said(
        Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(', '),
      ),
    ],
    ['Enrolled', <Ago key="enrolled" at={enrolledAt} />],
    ['Attested', attestation.attestedAt === undefined ? undefined : <Ago key="attested" at={attestation.attestedAt} />],
    ['Evidence', `batch ${head.sequence} of epoch ${epoch}`],
    ['ID', <code key="id">{id}</code>],
  ]
  return (
    <div className="stack-4">
      <dl className="facts">
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name} className="fact">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      {health.map(({ code, remedy, since }) => (
        <p key={code} className="note note-warn">
          <span>
            <Said>{remedy}</Said> <span className="faint tiny">{code}</span> <Ago at={since} />
          </span>
        </p>
      ))}
      {notes.map((note) => (
        <p key={note} className="small muted">
          <Said>{note}</Said>
        </p>
      ))}
    </div>
  )
}

function said(text: string | undefined): ReactNode {
  return text === undefined || text === '' ? undefined : <Said>{text}</Said>
}

function join(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ')
}
