import { checkVersion } from '../wire/api-versions.js'
import { eventTypes } from '../wire/event-types.js'
import {
  boolean,
  clearable,
  list,
  metadata,
  notInSandbox,
  oneOf,
  type Parameter,
  type Read,
  required,
  text,
  timestamp,
} from './parameter.js'
import { expand, instants, page, url } from './shared.parameters.js'

const eventType = oneOf(['*', ...eventTypes])

const apiVersion: Parameter<string> = {
  read: (value, name) => checkVersion(text().read(value, name), name),
}

export const createEndpoint = {
  api_version: apiVersion,
  connect: boolean(),
  description: clearable(text(5000)),
  enabled_events: required(list(eventType)),
  expand,
  metadata: metadata(),
  url: required(url),
}

export const updateEndpoint = {
  description: clearable(text(5000)),
  disabled: boolean(),
  enabled_events: list(eventType),
  expand,
  metadata: metadata(),
  url,
}

export const listEndpoints = page

export const listEvents = {
  ...page,
  created: instants,
  delivery_success: boolean(),
  type: text(),
  types: list(text(), 20),
}

export const retryEvent = {
  expand,
  account: notInSandbox(),
  /** To whoever listens by the official CLI, rather than to an endpoint. */
  for_stripecli: boolean(),
  webhook_endpoint: text(),
}

export const createTestClock = { expand, frozen_time: required(timestamp()), name: text(300), customer: notInSandbox() }

export const advanceTestClock = { expand, frozen_time: required(timestamp()) }

export const retrieve = { expand }

export type CreateEndpoint = Read<typeof createEndpoint>
export type UpdateEndpoint = Read<typeof updateEndpoint>
