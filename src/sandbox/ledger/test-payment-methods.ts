import type { Outcome, PaymentMethod } from './records.js'

export type Behaviour = Pick<PaymentMethod, 'type' | 'brand' | 'last4' | 'outcome' | 'decline_code'>

function card(brand: string, last4: string, outcome: Outcome = 'succeeds', decline_code: string | null = null) {
  return { type: 'card', brand, last4, outcome, decline_code } satisfies Behaviour
}

function bankAccount(last4: string, outcome: Outcome, decline_code: string | null = null) {
  return { type: 'us_bank_account', brand: 'STRIPE TEST BANK', last4, outcome, decline_code } satisfies Behaviour
}

/** Stripe's names for payment methods that behave as they are told. */
export const testPaymentMethods: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: card('visa', '4242'),
  pm_card_visa_debit: card('visa', '5556'),
  pm_card_mastercard: card('mastercard', '4444'),
  pm_card_amex: card('amex', '8431'),
  pm_card_discover: card('discover', '9424'),
  pm_card_jcb: card('jcb', '0505'),
  pm_card_unionpay: card('unionpay', '0005'),
  pm_card_chargeCustomerFail: card('visa', '0341', 'declines', 'generic_decline'),
  pm_card_chargeDeclined: card('visa', '0002', 'declines', 'generic_decline'),
  pm_card_visa_chargeDeclined: card('visa', '0002', 'declines', 'generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: card('visa', '9995', 'declines', 'insufficient_funds'),
  pm_card_visa_chargeDeclinedInsufficientFunds: card('visa', '9995', 'declines', 'insufficient_funds'),
  pm_card_chargeDeclinedExpiredCard: card('visa', '0069', 'declines', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: card('visa', '0127', 'declines', 'incorrect_cvc'),
  pm_card_chargeDeclinedProcessingError: card('visa', '0119', 'declines', 'processing_error'),
  pm_card_threeDSecure2Required: card('visa', '3220', 'requires_action'),
  pm_card_authenticationRequired: card('visa', '3184', 'requires_action'),
  pm_usBankAccount_success: bankAccount('6789', 'settles'),
  pm_usBankAccount_insufficientFunds: bankAccount('2222', 'bounces', 'insufficient_funds'),
  pm_usBankAccount_accountClosed: bankAccount('1111', 'bounces', 'account_closed'),
}

/** Cards that refuse already when a customer wants to keep them. */
const refusedWhenAttached = /^pm_card_(visa_)?chargeDeclined/

export function canBeAttached(testId: string): boolean {
  return !refusedWhenAttached.test(testId)
}

const declines: Record<string, { code: string; message: string }> = {
  generic_decline: { code: 'card_declined', message: 'Your card was declined.' },
  insufficient_funds: { code: 'card_declined', message: 'Your card has insufficient funds.' },
  expired_card: { code: 'expired_card', message: 'Your card has expired.' },
  incorrect_cvc: { code: 'incorrect_cvc', message: "Your card's security code is incorrect." },
  processing_error: {
    code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
}

export function declineOf(method: PaymentMethod): { code: string; decline_code: string; message: string } {
  const decline_code = method.decline_code ?? 'generic_decline'
  const decline = declines[decline_code] ?? { code: 'card_declined', message: 'Your card was declined.' }
  return { ...decline, decline_code }
}

export function bounceOf(method: PaymentMethod): { code: string; decline_code: string; message: string } {
  return {
    code: 'payment_intent_payment_attempt_failed',
    decline_code: method.decline_code ?? 'insufficient_funds',
    message: "The payment failed because the customer's bank account could not be debited.",
  }
}
