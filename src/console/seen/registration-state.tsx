import type { RegistrationState } from '../../protocol/nouns/agents/registrations.ts'
import { Pill, Status } from '../parts/status.tsx'

/** Whether a registered agent may run. */
export function RegistrationStatus({ state }: { readonly state: RegistrationState }) {
  switch (state) {
    case 'provisioning':
      return <Pill of="unregistered">proposed</Pill>
    case 'active':
      return <Status of="compliant">active</Status>
    case 'suspended':
      return <Pill of="in-force">suspended</Pill>
    case 'quarantined':
      return <Pill of="blocked">quarantined</Pill>
    case 'retiring':
      return <Status of="not-answered">retiring</Status>
    case 'retired':
      return <Status of="released">retired</Status>
  }
}
