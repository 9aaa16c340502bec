// Before the first class of the schema.
import 'reflect-metadata'
import pg from 'pg'
import type { Logger } from 'pino'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Config } from './config.js'
import { entities } from './entities.js'
import type { DomainEvent } from './events/event.js'
import { EventLog } from './events/event-log.js'
import { Worker } from './events/worker.js'
import { buildFeatures, type Features } from './features.js'
import { Context } from './graphql/context.js'
import { buildGraphqlSchema } from './graphql/schema.js'
import { TrustedDocuments } from './graphql/trusted-documents.js'
import { gatewayRoutes } from './http/gateway.route.js'
import { GraphqlHttpRoute } from './http/graphql-http.route.js'
import { GraphqlWsRoute } from './http/graphql-ws.route.js'
import { healthRoutes, type ReadinessCheck } from './http/health.route.js'
import { HttpServer } from './http/http-server.js'
import { Origins } from './http/origins.js'
import { Sockets } from './http/sockets.js'
import { stripeWebhookRoutes } from './http/stripe-webhook.route.js'
import { Viewers } from './http/viewer.js'
import type { Clock, Clocks } from './kernel/clock.js'
import { Database } from './persistence/database.js'
import { DatabaseClock } from './persistence/database-clock.js'
import { SecretBox } from './persistence/secret-box.js'
import { type Scope, system } from './persistence/tenant-scope.js'
import { UnitOfWork } from './persistence/unit-of-work.js'
import { PostgresDoorbell, RedisDoorbell } from './realtime/doorbell.js'
import { EventFeed } from './realtime/event-feed.js'
import { LiveGroups } from './realtime/live-groups.js'
import { resolverClasses } from './resolvers.js'
import { SandboxClock } from './sandbox-clock.js'
import { StripeInbox } from './stripe/stripe-inbox.js'

export interface AppConfig extends Config {
  databaseUrl: string
}

/** The backend in one process: what ROLE asks for, on a database that is prepared. */
export interface App {
  readonly features: Features
  start(): Promise<void>
  stop(): Promise<void>
}

const jobsAtOnce = 8
const quietJobsAtOnce = 4

/** @param transport by what time sessions, invitations and links end; left out, by the database's */
export async function buildApp(config: AppConfig, log: Logger, transport?: Clock): Promise<App> {
  const database = await Database.connect({ url: config.databaseUrl, entities })
  const doorbell = config.redisUrl ? new RedisDoorbell(config.redisUrl, log) : new PostgresDoorbell(database.url, log)
  const eventLog = new EventLog(() => doorbell.ring())
  const unitOfWork = new UnitOfWork<DomainEvent>(database, eventLog)
  const reading = (scope: Scope) => unitOfWork.reading(scope)
  const feed = new EventFeed(eventLog, () => reading(system), doorbell, log)
  const sandboxClock = config.sandboxPort === null ? null : new SandboxClock(config.stripeApiBase, log)
  const databaseClock = new DatabaseClock(database, log)
  const clocks: Clocks = { billing: sandboxClock ?? databaseClock, transport: transport ?? databaseClock }
  const metrics = new Registry()
  databaseClock.register(metrics)
  const limiterPool = poolForLimits(database.url, log)

  const scopeOf = (token: string | null) => viewers.scopeOf(token)
  const features = buildFeatures({
    config,
    log,
    metrics,
    unitOfWork,
    clocks,
    box: new SecretBox(config.encryptionKeys),
    limiterPool,
    sandboxClock,
    logPosition: () => feed.now(),
    scopeOf,
  })
  const viewers = new Viewers(unitOfWork, (token) => features.gatewayTokens.scopeOf(token), clocks.transport)
  eventLog.useReactions(features.reactions)

  const contextFor = (scope: Scope, requestId: string, address: string) =>
    new Context({ scope, requestId, address, reading, node: (context, id) => features.nodes.find(context, id) })
  // Where money is real, nobody is shown an address of somebody's own machine.
  const onThisMachine = config.sandboxPort !== null || !config.production
  const schema = await buildGraphqlSchema(resolverClasses, (resolver) => features.resolver(resolver), { onThisMachine })
  const trusted = config.trustedDocuments && new TrustedDocuments(schema, config.trustedDocuments)
  const live = new LiveGroups(feed, log)
  const sockets = new Sockets(scopeOf)
  const origins = new Origins(config.allowedOrigins, new URL(config.publicUrl).origin, () => features.marketplaceUrls())
  const originAllowed = (origin: string | undefined) => origins.allowed(origin)
  // In production the schema is for people who are signed in.
  const mayIntrospect = (scope: Scope) => config.graphiql || 'userId' in scope

  const worker =
    config.role === 'api'
      ? null
      : new Worker({
          databaseUrl: database.url,
          tasks: features.tasks,
          reactions: features.reactions,
          quietTasks: features.quietTasks,
          schedule: features.schedule,
          concurrency: jobsAtOnce,
          quietConcurrency: quietJobsAtOnce,
          log,
        })
  const http =
    config.role === 'worker'
      ? null
      : new HttpServer({
          host: config.host,
          port: config.port,
          graphql: new GraphqlHttpRoute({
            schema,
            scopeOf,
            contextFor,
            mayIntrospect,
            graphiql: config.graphiql,
            trusted,
            log,
          }),
          websocket: new GraphqlWsRoute({
            schema,
            live,
            sockets,
            scopeOf,
            contextFor,
            originAllowed,
            mayIntrospect,
            trusted,
            clock: clocks.transport,
            log,
          }),
          routers: [
            stripeWebhookRoutes({
              connections: features.webhookConnections,
              inbox: new StripeInbox(unitOfWork, clocks.transport),
              clock: clocks.transport,
              log,
            }),
            gatewayRoutes({
              decisions: features.accessDecisions,
              gatewayScope: (token) => features.gatewayTokens.scopeOf(token),
            }),
            healthRoutes([databaseAnswers(unitOfWork)], registered(metrics, sockets, live)),
          ],
          originAllowed,
          log,
        })

  const stopListening = feed.listen((event) => sockets.heard(event))
  return {
    features,
    async start() {
      await databaseClock.start()
      await sandboxClock?.start()
      await doorbell.start()
      await feed.start()
      await worker?.start()
      if (!http) return
      sockets.start()
      await http.start()
    },
    async stop() {
      // First those who bring new work, then those who do it, then what they stand on.
      await http?.stop()
      await worker?.stop()
      live.close()
      stopListening()
      await feed.stop()
      await doorbell.close()
      await sandboxClock?.stop()
      await databaseClock.stop()
      await features.close()
      await limiterPool.end()
      await database.close()
    },
  }
}

/** Apart from the rest, so that counting failures goes on when the work holds every other connection. */
function poolForLimits(connectionString: string, log: Logger): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 3, connectionTimeoutMillis: 5_000, statement_timeout: 5_000 })
  const lost = (error: Error): void => log.warn({ err: error }, 'a connection of the rate limits was lost')
  pool.on('error', lost)
  pool.on('connect', (client) => void client.on('error', lost))
  return pool
}

function databaseAnswers(unitOfWork: UnitOfWork<DomainEvent>): ReadinessCheck {
  return async () => {
    try {
      await unitOfWork.reading(system).kysely.selectFrom('schema_migration').select('name').limit(1).execute()
      return null
    } catch {
      return 'the database does not answer'
    }
  }
}

function registered(registry: Registry, sockets: Sockets, live: LiveGroups): Registry {
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'websockets_open',
    help: 'Websockets that are open in this process.',
    registers: [registry],
    collect() {
      this.set(sockets.count)
    },
  })
  new Gauge({
    name: 'live_listeners',
    help: 'Subscriptions that this process pushes to.',
    registers: [registry],
    collect() {
      this.set(live.listenerCount)
    },
  })
  return registry
}
