import { createClientOf, NetworkError, ProblemError, storedIn, TimeoutError, type Schemas } from "@caddy-shopping/client";
import * as operations from "@caddy-shopping/client/operations";
import { keptSession } from "../../common/session";
import { locale, words } from "./language";

const {
  listProducts, showProduct, listCategories, searchProducts, listFacets, suggestProducts, openCart, showCart, changeCart, addCartLine,
  setCartLineQuantity, removeCartLine, claimCart, listShippingMethods, checkOutCart, showOrder, listOrders, cancelOrder, payOrderAgain,
  showSandboxPayment, approveSandboxPayment, declineSandboxPayment, login, logout, register, me, changeMe, listAddresses,
  addAddress, changeAddress, removeAddress, listSessions, endSession, endOtherSessions, forgotPassword, resetPassword, verifyEmail,
  changePassword, askVerification, makeExport, showExport, closeAccount, listPaymentMethods, listFlashSales, showFlashSale, takeFlashSaleTicket, showFlashSaleTicket,
} = operations;

const session = keptSession("caddy:session");
export const signedIn = session.signedIn;

export const shop = createClientOf({
  listProducts, showProduct, listCategories, searchProducts, listFacets, suggestProducts, openCart, showCart, changeCart, addCartLine,
  setCartLineQuantity, removeCartLine, claimCart, listShippingMethods, checkOutCart, showOrder, listOrders, cancelOrder, payOrderAgain,
  showSandboxPayment, approveSandboxPayment, declineSandboxPayment, login, logout, register, me, changeMe, listAddresses,
  addAddress, changeAddress, removeAddress, listSessions, endSession, endOtherSessions, forgotPassword, resetPassword, verifyEmail,
  changePassword, askVerification, makeExport, showExport, closeAccount, listPaymentMethods, listFlashSales, showFlashSale, takeFlashSaleTicket, showFlashSaleTicket,
}, {
  baseUrl: "",
  language: () => locale.value,
  guestTokens: storedIn(localStorage),
  auth: session.read,
  onTokens: session.keep,
});

export { codeOf } from "../../common/session";
export type { Schemas };
export type Card = Schemas["ProductCard"];
export type Product = Schemas["Product"];
export type Variant = Schemas["Variant"];
export type Category = Schemas["Category"];
export type Cart = Schemas["Cart"];
export type Line = Schemas["CartLine"];
export type Order = Schemas["Order"];
export type Money = Schemas["Money"];
export type PaymentMethod = Schemas["PaymentMethod"];
export type Address = Schemas["Address"];

/** What to tell the shopper, in his language where the shop's pages have words for it. */
export function explain(error: unknown): string {
  if (error instanceof ProblemError) {
    return (words.value.refusals as Record<string, string>)[error.code] ?? (error.status >= 500 ? words.value.refusals.unavailable : error.message);
  }
  if (error instanceof NetworkError || error instanceof TimeoutError) return words.value.refusals.offline;
  throw error;
}
