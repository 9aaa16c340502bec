import { Refused, type UserError } from '../kernel/result.js'
import { placesOf } from '../persistence/audience.js'
import type { OneAtATime } from '../persistence/one-at-a-time.js'
import { administersProvider } from '../persistence/permissions.js'
import { person, type Scope, system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { BillingRun } from './billing-run.service.js'
import type { InvoiceIssuing } from './invoice-issuing.service.js'
import type { InvoiceSweep, Silent } from './invoice-sweep.js'
import type { QueuedWork, SandboxTime } from './sandbox-clock.port.js'

const twoYears = 2 * 366 * 24 * 60 * 60 * 1_000

/**
 * Moves time forward where the sandbox serves, from one instant at which something falls due to the next, so that a
 * jump comes out as if it had been lived through.
 */
export class SandboxClockService {
  /** One after another, here and in other processes: two who move the clock at once get there together. */
  #moving: Promise<unknown> = Promise.resolve()

  constructor(
    /** Null where Stripe itself serves. */
    private readonly time: SandboxTime | null,
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly run: BillingRun,
    private readonly sweep: InvoiceSweep,
    private readonly issuing: InvoiceIssuing,
    private readonly work: QueuedWork,
    private readonly turn: OneAtATime,
  ) {}

  now(): Date | null {
    return this.time?.now() ?? null
  }

  /** By a provider's administrator. No transaction may be open. @throws Refused NOT_ALLOWED, WRONG_STATE, INVALID */
  advance(scope: Scope, to: Date): Promise<Date> {
    demandAdministrator(scope)
    const { time } = this
    if (!time)
      throw refused('WRONG_STATE', 'Only the time of the sandbox can be moved, and it does not serve here.', null)
    const ahead = to.getTime() - time.now().getTime()
    if (ahead < 0) throw refused('INVALID', 'Time only goes forward.', ['input', 'to'])
    if (ahead > twoYears) throw refused('INVALID', 'Time goes two years forward at most at once.', ['input', 'to'])
    const moved = this.#moving.then(() => this.turn.run(() => this.#advance(time, to)))
    this.#moving = moved.catch(() => undefined)
    return moved
  }

  async #advance(time: SandboxTime, to: Date): Promise<Date> {
    let reached = await this.#settle(time, 'under way')
    // What was lost before the jump is found where it first halts; on the way nobody presses anything.
    let silent: Silent = 'all'
    for (;;) {
      const next = await this.#nextDue(time, reached)
      if (!next || next >= to) break
      reached = await this.#halt(time, next, silent)
      silent = 'under way'
    }
    // Whoever was waited for may have gone further already.
    if (time.now() < to) await this.#halt(time, to, silent)
    return time.now()
  }

  /** Time goes on while it halts, so what falls due next may have done so meanwhile. */
  async #halt(time: SandboxTime, instant: Date, silent: Silent): Promise<Date> {
    if (time.now() < instant) await this.work.skipped(await time.moveTo(instant))
    return this.#settle(time, silent)
  }

  /**
   * What Stripe has sent meanwhile counts first, or would tell if asked: whoever has paid in time is not past due.
   * @returns until when all that fell due has been done
   */
  async #settle(time: SandboxTime, silent: Silent): Promise<Date> {
    const until = time.now()
    await this.work.done()
    if ((await this.sweep.lookAround(silent)) > 0) await this.work.done()
    await this.run.runDue()
    await this.work.done()
    if ((await this.issuing.issueLate()) > 0) await this.work.done()
    return until
  }

  async #nextDue(time: SandboxTime, after: Date): Promise<Date | null> {
    const reading = this.unitOfWork.reading(system)
    const queued = await this.work.nextInMs()
    const next = [
      await this.run.nextDue(reading, after),
      await this.sweep.nextDue(reading, after),
      queued === null ? null : new Date(time.now().getTime() + queued),
    ]
    const instants = next.flatMap((instant) => (instant ? [instant.getTime()] : []))
    return instants.length === 0 ? null : new Date(Math.min(...instants))
  }
}

function demandAdministrator(scope: Scope): void {
  const administered = placesOf(person(scope), administersProvider)
  if (administered.kind === 'provider' && administered.providers.size > 0) return
  throw refused('NOT_ALLOWED', 'This takes the role ADMINISTRATOR of a provider.', null)
}

function refused(code: UserError['code'], message: string, field: string[] | null): Refused {
  return new Refused([{ code, message, field }])
}
