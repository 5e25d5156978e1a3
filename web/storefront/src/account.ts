// Signing in and out, and what follows: the guest's cart becomes the customer's.
import { cart, forget, keep } from "./cart";
import { codeOf, shop, signedIn } from "./shop";

/** Whatever the guest had in his cart is the customer's from now on; a cart that is gone is no reason to fail. */
export async function claimCart(): Promise<void> {
  const id = cart.value?.id;
  if (!id || !signedIn.value) return;
  try {
    keep(await shop.claimCart({ cart: id }));
  } catch (error) {
    if (!["cart.not_found", "cart.closed"].includes(codeOf(error))) throw error;
    forget();
  }
}

/** What this device keeps of the account goes with it. */
export function leaveBehind(): void {
  forget();
  Object.keys(localStorage).filter((key) => key.startsWith("caddy:sale:")).forEach((key) => localStorage.removeItem(key));
}

export async function signOut(): Promise<void> {
  const stored = JSON.parse(localStorage.getItem("caddy:session") ?? "null");
  if (stored) await shop.logout({ body: { refresh_token: stored.refresh_token } });
  leaveBehind();
}
