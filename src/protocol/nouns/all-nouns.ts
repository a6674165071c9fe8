import type { Noun } from '../noun/noun.ts'
import { actions } from './agents/actions.ts'
import { inbox } from './agents/inbox.ts'
import { registrations } from './agents/registrations.ts'
import { reviews } from './agents/reviews.ts'
import { stops } from './agents/stops.ts'
import { zombies } from './agents/zombies.ts'
import { devices } from './devices/devices-noun.ts'
import { events } from './directory/events.ts'
import { messages } from './directory/messages.ts'
import { entries, recordForwards, recordWitnesses } from './directory/record.ts'
import { webhooks } from './directory/webhooks.ts'
import { pendingDevices } from './enrolment/pending-devices.ts'
import { preregistrations } from './enrolment/preregistrations.ts'
import { reEnrolments } from './enrolment/re-enrolments.ts'
import { tokens } from './enrolment/tokens.ts'
import { accounts } from './people/accounts.ts'
import { approvals } from './people/approvals.ts'
import { claims } from './people/claims.ts'
import { groups } from './people/groups.ts'
import { passkeys } from './people/passkeys.ts'
import { people } from './people/people.ts'
import { administrators, services } from './people/principals.ts'
import { serviceAccounts } from './people/service-accounts.ts'
import { sessions } from './people/sessions.ts'

/** Every noun of the register, in the order of their commands. */
export const ALL_NOUNS: readonly Noun[] = [
  tokens,
  devices,
  pendingDevices,
  preregistrations,
  reEnrolments,
  stops,
  people,
  groups,
  accounts,
  serviceAccounts,
  sessions,
  passkeys,
  claims,
  approvals,
  inbox,
  registrations,
  zombies,
  actions,
  reviews,
  webhooks,
  messages,
  entries,
  recordForwards,
  recordWitnesses,
  events,
  administrators,
  services,
]
