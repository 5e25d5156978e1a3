// What a call may say and what it gives, as the compiler sees it. Compiled, never run.
import { createClient, createClientOf, type AnswerOf, type CodeOf, type ProblemError, type Schemas } from "@caddy-shopping/client";
import { createAdminClient } from "@caddy-shopping/client/admin";
import { addCartLine } from "@caddy-shopping/client/operations";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function holds<_Claim extends true>(): void {}

const shop = createClient({ baseUrl: "" });
const admin = createAdminClient({ baseUrl: "", auth: null, onTokens: (tokens) => tokens?.refresh_token });

// Answers are those of the document.
holds<Same<AnswerOf<"showCart">, Schemas["Cart"]>>();
holds<Same<AnswerOf<"checkOutCart">, Schemas["Order"]>>();
holds<Same<AnswerOf<"logout">, undefined>>();
holds<Same<AnswerOf<"adminExportProducts">, string>>();
const order: Promise<Schemas["Order"]> = shop.checkOutCart({ cart: "cart_1", body: { payment_provider: "sandbox" } });
void order;

// Arguments: all that is needed, nothing that is unknown, of the right kind.
void shop.listProducts();
void shop.listProducts({ limit: 3, "filter[in_stock]": true }, { signal: new AbortController().signal, retries: 0 });
void shop.openCart();
void shop.openCart({ body: { currency: "CNY" } });
// @ts-expect-error a cart is needed
void shop.showCart();
// @ts-expect-error a cart is needed
void shop.showCart({});
// @ts-expect-error a body is needed
void shop.addCartLine({ cart: "cart_1" });
// @ts-expect-error the quantity is a number
void shop.addCartLine({ cart: "cart_1", body: { variant_id: "var_1", quantity: "2" } });
// @ts-expect-error there is no such filter
void shop.listProducts({ "filter[colour]": "red" });
// @ts-expect-error a read takes no key
void shop.showCart({ cart: "cart_1", idempotencyKey: "12345678" });
// @ts-expect-error there is no such operation
void shop.buyEverything();
// @ts-expect-error shoppers do not refund
void shop.refundOrder;
void admin.refundOrder;
void admin.listProducts();

// A change needs the version that it saw.
void admin.adminRemoveCategory({ category: "cat_1", ifMatch: 3 });
void admin.adminRemoveCategory({ category: "cat_1", ifMatch: { version: 3 } });
// @ts-expect-error without a version nothing is changed
void admin.adminRemoveCategory({ category: "cat_1" });

// A file may be a text or a Blob.
void admin.adminSubmitImport({ body: "Handle,Title\n" });
void admin.adminSubmitImport({ body: new Blob() });
// @ts-expect-error a file is no object
void admin.adminSubmitImport({ body: { rows: [] } });

// Only lists with a cursor can be iterated.
async function handles(): Promise<string[]> {
  const found: string[] = [];
  for await (const product of shop.listProducts.iterate()) found.push(product.handle);
  for await (const page of shop.listOrders.pages({ limit: 5 })) page.data satisfies Schemas["Order"][];
  return found;
}
void handles;
// @ts-expect-error one cart is no list
void shop.showCart.iterate;
// @ts-expect-error the tree of categories comes as a whole
void shop.listCategories.pages;

// A refusal narrows to the codes of its operation.
function advice(error: unknown): string {
  if (!shop.checkOutCart.refused(error)) return "";
  holds<Same<typeof error, ProblemError<"checkOutCart">>>();
  if ("lines" in error.problem) return String(error.problem.lines?.[0]?.available);
  switch (error.code) {
    case "inventory.insufficient": return "less";
    case "request.rate_limited": return "later";
    case "client.unexpected_answer": return "elsewhere";
    // @ts-expect-error checkout does not refuse with this
    case "cart.line_not_found": return "never";
    default: return error.code;
  }
}
void advice;
holds<"checkout.price_changed" extends CodeOf<"checkOutCart"> ? true : false>();
holds<"checkout.price_changed" extends CodeOf<"showCart"> ? false : true>();
holds<string extends CodeOf<"showCart"> ? false : true>();

// Any operation may be refused at the edge, and these are known by name.
type Edge =
  | "idempotency.in_progress" | "idempotency.key_reused" | "identity.token_expired" | "identity.token_invalid"
  | "request.cursor_mismatch" | "request.deadline_exceeded" | "request.forbidden" | "request.if_match_required"
  | "request.internal_error" | "request.invalid_field" | "request.not_found" | "request.rate_limited"
  | "request.sign_in_required" | "request.too_many_connections" | "request.unavailable" | "request.version_mismatch";
holds<Edge extends CodeOf<"listCategories"> ? true : false>();

// A client of a few operations has no others.
const few = createClientOf({ addCartLine }, { baseUrl: "" });
void few.addCartLine;
// @ts-expect-error it was not asked for
void few.showCart;
