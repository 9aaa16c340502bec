import { formatAmount } from '../ledger/currencies.js'
import type { Account, Invoice, PaymentIntent } from '../ledger/records.js'
import { totalsOf } from '../ledger/totals.js'
import { document, type Html, html, scrolling } from './html.js'

interface Shown {
  readonly invoice: Invoice
  readonly payment: PaymentIntent | undefined
  readonly seller: Account | undefined
  readonly expired: boolean
  readonly pdf: string
  /** Where the customer came from. */
  readonly back: URL | null
}

export function dateOf(seconds: number): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(seconds * 1000)
}

export function invoicePage(shown: Shown): string {
  const { invoice, seller, pdf, back } = shown
  const title = `Invoice ${invoice.number ?? ''} from ${seller?.name ?? ''}`
  const body = html`
<div class="card">
  <p class="soft">${seller?.name ?? ''}</p>
  <h1>Invoice ${invoice.number ?? ''}</h1>
  ${standing(shown)}
  ${actions(shown)}
  ${back === null ? null : html`<p><a href="${back.href}">Back to ${back.host}</a></p>`}
</div>
<div class="card">
  <h2>Details</h2>
  ${invoice.addressee.name === null ? null : html`<p>To ${invoice.addressee.name}</p>`}
  ${invoice.description === null ? null : html`<p>${invoice.description}</p>`}
  ${(invoice.custom_fields ?? []).map((field) => html`<p><span class="soft">${field.name}</span> ${field.value}</p>`)}
  ${lineTable(invoice)}
  ${invoice.footer === null ? null : html`<p class="soft">${invoice.footer}</p>`}
  <p><a href="${pdf}">Download as PDF</a></p>
</div>
<p class="soft">Questions? Write to <a href="mailto:${seller?.email ?? ''}">${seller?.email ?? ''}</a>.</p>`
  return document(title, body)
}

function standing({ invoice, payment, expired, seller }: Shown): Html {
  const amount = formatAmount(invoice.amount_due, invoice.currency)
  const sum = html`<p class="amount">${amount}</p>`
  if (invoice.status === 'paid') {
    return html`${sum}<p class="good" role="status"><strong>Paid</strong> on ${dateOf(invoice.paid_at ?? 0)}.</p>`
  }
  if (invoice.status === 'void') {
    return html`${sum}<p class="bad" role="status"><strong>This invoice was voided</strong> and is not to be paid.</p>`
  }
  if (expired) {
    return html`${sum}<p class="bad" role="status"><strong>This link has expired.</strong>
      Ask ${seller?.name ?? 'the seller'} (${seller?.email ?? ''}) for a new one.</p>`
  }
  if (payment?.status === 'processing') {
    return html`${sum}<p role="status"><strong>Your payment is on its way.</strong>
      The bank answers by ${dateOf(payment.settles_at ?? 0)}.</p>`
  }
  return html`${sum}
    ${invoice.due_date === null ? null : html`<p>Due on ${dateOf(invoice.due_date)}</p>`}
    ${failure(payment)}`
}

function failure(payment: PaymentIntent | undefined): Html | null {
  if (payment?.status === 'requires_action') {
    return html`<p role="alert"><strong>Your bank wants you to confirm this payment.</strong></p>
      <form method="post"><fieldset>
        <button class="main" name="method" value="authenticate">Confirm</button>
        <button name="method" value="authentication_fails">Do not confirm</button>
      </fieldset></form>`
  }
  if (!payment?.failure) return null
  return html`<p class="bad" role="alert"><strong>The last payment failed.</strong> ${payment.failure.message}</p>`
}

function actions({ invoice, payment, expired }: Shown): Html | null {
  const payable = invoice.status === 'open' || invoice.status === 'uncollectible'
  if (!payable || expired || payment?.status === 'processing') return null
  const confirming = payment?.status === 'requires_action'
  return html`
<form method="post">
  <fieldset>
    <legend class="soft">${confirming ? 'Or pay in another way.' : 'Choose how to pay.'} Nothing is charged: this is a sandbox.</legend>
    <button class="${confirming ? '' : 'main'}" name="method" value="card">Pay by card</button>
    <button name="method" value="card_authentication">Pay by a card that has to be confirmed</button>
    <button name="method" value="card_declined">Pay by a card that is declined</button>
    <button name="method" value="bank_debit">Pay by bank debit (settles after 4 days)</button>
    <button name="method" value="bank_debit_fails">Pay by a bank debit that fails after 4 days</button>
    <label class="keep"><input type="checkbox" name="keep" value="yes"> Use it for later invoices too</label>
  </fieldset>
</form>`
}

function lineTable(invoice: Invoice): Html {
  const { currency } = invoice
  const money = (amount: number) => formatAmount(amount, currency)
  const { subtotal, tax, total } = totalsOf(invoice)
  const sumRow = (label: string, amount: number) =>
    html`<tr><td colspan="2">${label}</td><td class="number">${money(amount)}</td></tr>`
  const balance = invoice.amount_due + invoice.pre_payment_credit_notes_amount - total
  return scrolling(
    'Lines',
    html`<table>
  <thead><tr><th scope="col">Description</th><th scope="col" class="number">Quantity</th>
    <th scope="col" class="number">Amount</th></tr></thead>
  <tbody>${invoice.lines.map(
    (line) => html`<tr><td>${line.description ?? ''}</td><td class="number">${line.quantity}</td>
      <td class="number">${money(line.amount)}</td></tr>`,
  )}</tbody>
  <tfoot>${subtotal === total ? null : sumRow('Subtotal', subtotal)}
    ${tax === 0 ? null : sumRow('Tax', tax)}
    ${sumRow('Total', total)}
    ${balance === 0 ? null : sumRow('From your balance', balance)}
    ${invoice.pre_payment_credit_notes_amount === 0 ? null : sumRow('Credited', -invoice.pre_payment_credit_notes_amount)}
    ${sumRow('Amount due', invoice.amount_due)}</tfoot>
</table>`,
  )
}
