import { formatAmount } from '../ledger/currencies.js'
import type { Invoice } from '../ledger/records.js'
import { totalsOf } from '../ledger/totals.js'
import { dateOf } from './invoice-page.js'

const linesOnPage = 48

/** A plain PDF of text lines. */
export function invoicePdf(invoice: Invoice, seller: string): Buffer {
  const { currency, addressee, number, due_date, status } = invoice
  const money = (amount: number) => formatAmount(amount, currency)
  const lines = [
    `Invoice ${number ?? ''}`,
    'Made by a Stripe sandbox: not a real invoice.',
    '',
    `From ${seller}`,
    `To ${addressee.name ?? addressee.email ?? ''}`,
    due_date === null ? '' : `Due on ${dateOf(due_date)}`,
    `Status: ${status}`,
    '',
    ...invoice.lines.map((line) => `${line.quantity} x ${line.description ?? ''}   ${money(line.amount)}`),
    '',
    `Total: ${money(totalsOf(invoice).total)}`,
    `Amount due: ${money(invoice.amount_due)}`,
  ]
  const pages: string[][] = []
  for (let from = 0; from < lines.length; from += linesOnPage) pages.push(lines.slice(from, from + linesOnPage))
  return pdfOf(pages)
}

function pdfOf(pages: readonly string[][]): Buffer {
  const firstPage = 4
  const kids = pages.map((_, at) => `${firstPage + 2 * at} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    ...pages.flatMap((lines, at) => {
      const stream = `BT /F1 11 Tf 56 790 Td 15 TL\n${lines.map((line) => `(${inPdf(line)}) Tj T*`).join('\n')}\nET`
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> ` +
          `/Contents ${firstPage + 2 * at + 1} 0 R >>`,
        `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
      ]
    }),
  ]
  return assembled(objects)
}

function assembled(objects: readonly string[]): Buffer {
  let file = '%PDF-1.4\n'
  const places = objects.map((object, at) => {
    const place = file.length
    file += `${at + 1} 0 obj\n${object}\nendobj\n`
    return String(place).padStart(10, '0')
  })
  const table = places.map((place) => `${place} 00000 n \n`).join('')
  const size = objects.length + 1
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`
  return Buffer.from(`${file}xref\n0 ${size}\n0000000000 65535 f \n${table}${trailer}`, 'latin1')
}

/** The standard font knows Latin letters only; the rest becomes a question mark. */
function inPdf(text: string): string {
  return text.replace(/[^\x20-\xff]/g, '?').replace(/[\\()]/g, '\\$&')
}
