import type { IncomingMessage } from 'node:http'
import express, { type Request, type Response, type Router } from 'express'
import type { AccessDecisions, Decision } from '../access/access-decision.service.js'
import { RequestError } from '../kernel/request-error.js'
import type { GatewayScope } from '../persistence/tenant-scope.js'

export interface GatewayRouteOptions {
  decisions: Pick<AccessDecisions, 'decide'>
  /** On whose behalf a gateway's token asks; null for one that is unknown or revoked. */
  gatewayScope(token: string): Promise<GatewayScope | null>
}

/** What an answer depends on, for caches in front of it. */
const askedBy = 'Authorization, X-Gateway-Token, X-Api-Key, X-Original-URI'

/** May this call pass? For nginx' `auth_request`, Envoy's `ext_authz` and their like; asks, and counts nothing. */
export function gatewayRoutes({ decisions, gatewayScope }: GatewayRouteOptions): Router {
  const router = express.Router()
  router.get('/gateway/authorize', async (request, response) => {
    const token = gatewayToken(request)
    const scope = token === null ? null : await gatewayScope(token)
    if (!scope) return refuseGateway(response)
    response.setHeader('Vary', askedBy)
    const question = {
      key: only(request, 'x-api-key'),
      path: only(request, 'x-original-uri'),
      address: callerOf(request),
    }
    try {
      answer(response, await decisions.decide(scope, question), request.query.quota === '429')
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== 'RATE_LIMITED') throw error
      refuseGuessing(response, error)
    }
  })
  return router
}

function answer(response: Response, decision: Decision, passesQuota: boolean): void {
  const { allowed, reasons, subscriptionId, remaining, maxAge } = decision
  response.setHeader('Cache-Control', `max-age=${maxAge}`)
  if (allowed) {
    if (subscriptionId !== null) response.setHeader('X-Subscription-Id', subscriptionId)
    if (remaining !== null) response.setHeader('X-Quota-Remaining', remaining)
    return void response.status(204).end()
  }
  const codes = reasons.map(({ code }) => code)
  response.setHeader('X-Access-Reason', codes.join(', '))
  const [first, ...more] = codes
  const usedUp = passesQuota && first === 'QUOTA_EXCEEDED' && more.length === 0
  const status = first === 'CREDENTIAL_UNKNOWN' ? 401 : usedUp ? 429 : 403
  response.status(status).json({ reasons: reasons.map(({ code, message }) => ({ code, message })) })
}

/** Not 401 or 403: those would say that the caller's key is at fault. */
function refuseGateway(response: Response): void {
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Proxy-Authenticate', 'Bearer realm="gateway"')
  response
    .status(407)
    .json({ reasons: [], message: 'The gateway has to send its own token, one that was not revoked.' })
}

/** Whoever sends one unknown key after another waits; known keys from the same address go on. */
function refuseGuessing(response: Response, { message, retryAfter }: RequestError): void {
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Access-Reason', 'CREDENTIAL_UNKNOWN')
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter))
  response.status(429).json({ reasons: [{ code: 'CREDENTIAL_UNKNOWN', message }] })
}

/**
 * The header of our own name goes first: gateways that hand the caller's headers on may hand on an `Authorization`
 * that was meant for the API.
 */
function gatewayToken(request: IncomingMessage): string | null {
  if (request.headersDistinct['x-gateway-token']) return only(request, 'x-gateway-token')
  const authorization = only(request, 'authorization')
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1] ?? null
}

/** A header that was sent once. Of two, one may be the caller's own: then neither is believed. */
function only(request: IncomingMessage, name: string): string | null {
  const values = request.headersDistinct[name]
  return values?.length === 1 ? (values[0] ?? null) : null
}

/** The caller as the gateway saw it, which is the last that was added; the gateway itself where it does not say. */
function callerOf(request: Request): string {
  return request.headers['x-forwarded-for']?.toString().split(',').at(-1)?.trim() || (request.ip ?? 'unknown')
}
