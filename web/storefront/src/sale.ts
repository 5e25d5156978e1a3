// A ticket of a flash sale: asked for with one key until the shop has answered, then followed until it is an order.
import { createClientOf } from "@caddy-shopping/client";
import { changeCart, listShippingMethods, openCart } from "@caddy-shopping/client/operations";
import { locale } from "./language";
import type { AddressDraft } from "./parts/AddressFields.vue";
import { codeOf, shop, type Schemas } from "./shop";

export type Sale = Schemas["FlashSale"];
export type Ticket = Schemas["FlashSaleTicket"];
export type Wish = Schemas["FlashSaleTicketRequest"];

interface Kept { key: string; wish: string; ticket?: string }
export const saleKey = "caddy:sale:";

const kept = (sale: string): Kept | null => JSON.parse(localStorage.getItem(saleKey + sale) ?? "null");
const keep = (sale: string, what: Kept) => localStorage.setItem(saleKey + sale, JSON.stringify(what));
export const forgetTicket = (sale: string) => localStorage.removeItem(saleKey + sale);

/** The ticket that this device holds; none where it has none, or the shop has lost it. */
export async function heldTicket(sale: string): Promise<Ticket | null> {
  const ticket = kept(sale)?.ticket;
  if (!ticket) return null;
  try {
    return await shop.showFlashSaleTicket({ sale, ticket });
  } catch (error) {
    if (codeOf(error) !== "flash_sale.ticket_not_found") throw error;
    forgetTicket(sale);
    return null;
  }
}

/** Asks for a ticket; what was asked for already and not answered is asked for again, not twice. */
export async function takeTicket(sale: string, body: Wish): Promise<Ticket> {
  const wish = JSON.stringify(body);
  const before = kept(sale);
  const key = before?.wish === wish ? before.key : crypto.getRandomValues(new Uint32Array(4)).join("-");
  keep(sale, { key, wish });
  try {
    const ticket = await shop.takeFlashSaleTicket({ sale, body, idempotencyKey: key });
    keep(sale, { key, wish, ticket: ticket.id });
    return ticket;
  } catch (error) {
    if (codeOf(error) && (error as { status?: number }).status !== 503) forgetTicket(sale);
    throw error;
  }
}

// A cart of its own, so that looking at ways of delivery leaves the shopper's cart alone.
const guest = createClientOf({ openCart, changeCart, listShippingMethods }, { baseUrl: "", language: () => locale.value });
let quoting: { id: string; currency: string } | undefined;

export async function methodsFor(currency: string, shipping_address: AddressDraft) {
  if (quoting?.currency !== currency) {
    const { id } = await guest.openCart({ body: { currency } });
    quoting = { id, currency };
  }
  await guest.changeCart({ cart: quoting.id, body: { shipping_address } });
  return (await guest.listShippingMethods({ cart: quoting.id })).data;
}
