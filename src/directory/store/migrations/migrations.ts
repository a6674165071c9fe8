import { INITIAL } from './0001-initial.ts'
import { ROTATED_TOKENS } from './0002-rotated-tokens.ts'
import { TWO_PERSONS } from './0003-two-persons.ts'
import { FROZEN_AGENTS } from './0004-frozen-agents.ts'
import { SCIM_AGENTS_ENDED } from './0005-scim-agents-ended.ts'
import { ENDED_AUTONOMY } from './0006-ended-autonomy.ts'
import { STOPS_OF_DEVICE } from './0007-stops-of-device.ts'
import { LISTS } from './0008-lists.ts'
import { SORTED_LISTS } from './0009-sorted-lists.ts'
import { COUNTED_THINGS } from './0010-counted-things.ts'
import { CHANGES } from './0011-changes.ts'
import { TOKEN_LISTS } from './0012-token-lists.ts'
import { PEOPLE } from './0013-people.ts'
import { DEMONSTRATION } from './0014-demonstration.ts'
import { SEARCH } from './0015-search.ts'
import { HISTORY } from './0016-history.ts'
import { SIGN_IN } from './0017-sign-in.ts'
import { QUICK_LISTS } from './0018-quick-lists.ts'
import { REASONS_OF_VERSIONS } from './0019-reasons-of-versions.ts'
import { MESSAGES } from './0020-messages.ts'
import { ACCESS } from './0021-access.ts'
import { RECORD } from './0022-record.ts'
import { WITNESSES } from './0023-witnesses.ts'
import { RETENTION } from './0024-retention.ts'
import { RECORD_INDEXES } from './0025-record-indexes.ts'
import { RECORD_BY_ACTOR_AND_ACT } from './0026-record-by-actor-and-act.ts'
import { DECISIONS } from './0027-decisions.ts'
import { RECORD_FORWARDS } from './0028-record-forwards.ts'
import { GATE_POLICIES } from './0029-gate-policies.ts'
import { ACTIONS } from './0030-actions.ts'
import { APPROVALS } from './0031-approvals.ts'

/** Step n takes a database from `user_version` n to n + 1. A released step never changes. */
export const MIGRATIONS: readonly string[] = [
  INITIAL,
  ROTATED_TOKENS,
  TWO_PERSONS,
  FROZEN_AGENTS,
  SCIM_AGENTS_ENDED,
  ENDED_AUTONOMY,
  STOPS_OF_DEVICE,
  LISTS,
  SORTED_LISTS,
  COUNTED_THINGS,
  CHANGES,
  TOKEN_LISTS,
  PEOPLE,
  DEMONSTRATION,
  SEARCH,
  HISTORY,
  SIGN_IN,
  QUICK_LISTS,
  REASONS_OF_VERSIONS,
  MESSAGES,
  ACCESS,
  RECORD,
  WITNESSES,
  RETENTION,
  RECORD_INDEXES,
  RECORD_BY_ACTOR_AND_ACT,
  DECISIONS,
  RECORD_FORWARDS,
  GATE_POLICIES,
  ACTIONS,
  APPROVALS,
]
