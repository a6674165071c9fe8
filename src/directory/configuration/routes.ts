import {
  CONFIGURATION_MAX_BYTES,
  configurationPlanSchema,
  configurationRequestSchema,
  configurationSchema,
} from '../../protocol/nouns/directory/configuration.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { type Route, route } from '../http/route.ts'
import { configurations } from './configuration.ts'
import { type DirectoryKindsComponents, directoryKinds } from './directory-kinds.ts'
import { type PeopleKindsComponents, peopleKinds } from './people-kinds.ts'
import { type PreregistrationKindComponents, preregistrationKind } from './preregistration-kind.ts'
import { type RegistrationKindComponents, registrationKind } from './registration-kind.ts'

type ConfigurationRoutesComponents = ActComponents &
  PeopleKindsComponents &
  RegistrationKindComponents &
  PreregistrationKindComponents &
  DirectoryKindsComponents

export function configurationRoutes(components: ConfigurationRoutesComponents): readonly Route[] {
  const kinds = [
    ...peopleKinds(components),
    registrationKind(components),
    preregistrationKind(components),
    ...directoryKinds(components),
  ]
  const configured = configurations({ ...components, kinds })
  return [
    route({
      method: 'GET',
      path: '/configuration',
      operationId: 'exportConfiguration',
      action: 'view',
      summary: 'The configuration as documents, of the kinds that the role may read. No token, no secret',
      response: configurationSchema,
      answer: ({ principal }) => configured.read(principal),
    }),
    route({
      method: 'POST',
      path: '/configuration',
      operationId: 'applyConfiguration',
      // Each kind asks for more: to plan what its list asks for, to apply what its acts ask for.
      action: 'view',
      stepUp: true,
      summary: 'Plan what documents would change, or apply them in one transaction: all or nothing',
      body: configurationRequestSchema,
      bodyMaxBytes: CONFIGURATION_MAX_BYTES,
      response: configurationPlanSchema,
      answer: ({ body, principal }) => configured.apply(body, principal),
    }),
  ]
}
