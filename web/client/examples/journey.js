// A guest's way from the shelf to a paid order: `node examples/journey.js [http://localhost:3000]`.
// The shop must have something on its shelf and SANDBOX_PAYMENTS=true, as after `make run`.
import { createClient, NetworkError } from "@caddy-shopping/client";

const shop = createClient({ baseUrl: process.argv[2] ?? "http://localhost:3000", language: "en" });

/** @param {{amount_minor: number, currency: string, exponent: number}} money */
const price = ({ amount_minor, currency, exponent }) =>
  new Intl.NumberFormat("en", { style: "currency", currency }).format(amount_minor / 10 ** exponent);

async function somethingInStock() {
  for await (const { handle } of shop.listProducts.iterate({ "filter[in_stock]": true, sort: "price" })) {
    const product = await shop.showProduct({ product: handle });
    const variant = product.variants.find(({ availability }) => availability === "in_stock");
    if (variant?.price) return { title: product.title, id: variant.id, price: variant.price };
  }
  throw new Error("The shelf is empty; import some products first.");
}

async function filledCart() {
  const found = await somethingInStock();
  console.log(`${found.title}: ${price(found.price)}`);
  const { id: cart } = await shop.openCart();
  await shop.addCartLine({ cart, body: { variant_id: found.id, quantity: 2 } });
  const { data: [method] } = await shop.listShippingMethods({ cart });
  return shop.changeCart({
    cart,
    body: {
      email: "lin@example.com",
      shipping_method_id: method?.id ?? null,
      shipping_address: {
        name: "Lin Yue", phone: "+86 138 0000 0000", country: "CN", province: "Zhejiang", city: "Hangzhou", district: "Xihu",
        line1: "1 Lakeside Road", postal_code: "310000",
      },
    },
  });
}

/** @param {{id: string, totals: {total: {amount_minor: number}}}} cart */
async function placed(cart) {
  try {
    return await shop.checkOutCart({
      cart: cart.id, body: { payment_provider: "sandbox", expected_total_minor: cart.totals.total.amount_minor },
    });
  } catch (error) {
    if (shop.checkOutCart.refused(error) && error.code === "inventory.insufficient") {
      throw new Error("Somebody was faster; take something else.", { cause: error });
    }
    throw error;
  }
}

try {
  const cart = await filledCart();
  let order = await placed(cart);
  console.log(`${order.number}: ${price(order.totals.total)} to pay`);
  await shop.approveSandboxPayment({ payment: order.payment.id });
  for (const limit = Date.now() + 15_000; order.status === "pending_payment" && Date.now() < limit;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    order = await shop.showOrder({ order: order.id });
  }
  console.log(`${order.number}: ${order.status}`);
  process.exitCode = order.status === "paid" ? 0 : 1;
} catch (error) {
  console.error(error instanceof NetworkError ? `${error.message}; is the shop running?` : error);
  process.exitCode = 1;
}
