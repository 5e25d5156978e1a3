import type { Words } from "./zh";

export const en: Words = {
  shop: "Caddy Shopping", tagline: "Tea, paper and things for every day", skip: "Skip to content", language: "中文", offline: "You are offline. The page goes on once the network is back.",
  nav: { all: "All goods", search: "Search", cart: "Cart", orders: "Orders", account: "Account", signIn: "Sign in", categories: "Categories", close: "Close", home: "Home", foot: "Footer" },
  home: {
    title: "Slow down. Live well with good things.", lead: "Tea, vessels, paper, pens and whatever else a day needs. Clear prices, honest stock.", browse: "Browse everything",
    fresh: "New on the shelf", picks: "Always in the shop", categories: "By category",
  },
  list: {
    sort: "Sort by", newest: "Newest", cheapest: "Price, low to high", dearest: "Price, high to low", byTitle: "Name", inStock: "In stock only", more: "Show more", none: "Nothing matches.",
    noneHint: "Try other words, or fewer filters.", from: (price) => `from ${price}`, price: "Price", least: "Lowest price", most: "Highest price", apply: "Apply", clear: "Clear filters",
    some: "Nothing has all these words; these have most of them.", vendor: "Maker", results: "Results", within: "Category", stock: "Stock", between: (least, most) => `${least} to ${most}`, any: "Any", filters: "Filters", placeholder: "Search the shop", suggestions: "Suggestions", shown: (n) => `${n} shown`,
  },
  product: {
    add: "Add to cart", soldOut: "Out of stock", notForSale: "Not for sale", in_stock: "In stock", low_stock: "Only a few left", out_of_stock: "Out of stock", preorder: "Available to order",
    quantity: "Quantity", pictures: "Pictures", kin: "More of its kind", vendor: "By", sku: "SKU", details: "Details", was: "Before", picture: (n) => `Picture ${n}`, missing: "There is no such product, or it is no longer sold.",
  },
  cart: {
    title: "Cart", empty: "Your cart is empty.", emptyHint: "Find something you like.", checkout: "Check out", view: "View cart", remove: "Remove", less: "One less", more: "One more",
    added: "Added to your cart", changed: "The price has changed from", count: (n) => (n === 1 ? "1 item" : `${n} items`),
  },
  totals: {
    title: "Total", subtotal: "Subtotal", shipping: "Shipping", discount: "Discount", tax: "Tax", included: "Tax included", total: "To pay",
    later: "Known with your address", free: "Free",
  },
  checkout: {
    title: "Checkout", contact: "Contact", email: "E-mail", emailHint: "We write here about your order.", address: "Shipping address", name: "Full name", phone: "Phone", country: "Country or region",
    province: "Province or state", city: "City", district: "District", line1: "Street and number", line2: "Flat, floor (optional)", postal: "Postal code (optional)", delivery: "Delivery",
    deliveryHint: "Ways of delivery appear once the address is complete.", payment: "Payment",
    place: "Place order", placing: "Placing your order…", freeAbove: "Free above ", choose: "Please choose", note: "Note (optional)", book: "Use a saved address",
    required: "Please fill this in.", badEmail: "Please give a valid e-mail address.", priceChanged: "Prices have changed. Look at the new total; placing the order again accepts it.",
    shortage: "Some things are short. Please adjust them first:", left: (n) => (n > 0 ? `only ${n} left` : "sold out"), adjust: (n) => (n > 0 ? `Make it ${n}` : "Remove"), review: "Your order",
  },
  payment: {
    demonstration: "Demonstration",
    providers: {
      sandbox: { name: "Pay online", hint: "No money moves. It shows how paying works." },
      manual: { name: "Bank transfer", hint: "You get the details after ordering." },
    },
    steps: { redirect: "You pay on the provider’s page.", instructions: "You are told how to pay after ordering." },
  },
  delivery: { "Standard shipping": "Standard shipping", "Express shipping": "Express shipping" },
  notes: [],
  security: {
    title: "Security and privacy", email: "E-mail", verified: "Verified", unverified: "Not verified", unverifiedLead: "Please open the link in the mail that we sent. Only a verified address is sure to get you back in.", askMail: "Send the mail again",
    mailSent: "The mail is on its way.", password: "Change the password", current: "Current password", next: "New password", change: "Change the password", passwordDone: "Your password is changed, and every other device is signed out.",
    copy: "Your data", copyLead: "Everything that this shop knows of you in one file: profile, addresses, orders and sign-ins.", save: "Download my data", copyDone: "The file is saved on this device.",
    close: "Close the account", closeLead: "Address, name, phone, password and addresses are deleted for good. Orders are kept as the law asks.", closePassword: "Your password, to be sure", closeNow: "Close it for good",
  },
  pay: { title: "Demonstration payment", lead: "This stands for a payment provider’s page. No money moves.", order: "Order", approve: "Pay now", decline: "Decline", decided: "This payment is already decided.", back: "Back to the order" },
  order: {
    title: "Order", thanks: "Thank you, we have your order", number: "Number", placed: "Placed", timeline: "Progress", address: "Shipping to", lines: "Items", pay: "Pay now", again: "Try paying again", cancel: "Cancel order",
    cancelSure: "Cancel this order?", keep: "Keep it", waiting: "Waiting for the payment’s result…", until: "Please pay by", failed: "The payment did not go through. You can try again.", list: "My orders", none: "No orders yet.", reference: "Reference",
    missing: "There is no such order, or this device may not see it.",
    status: {
      pending_payment: "Awaiting payment", paid: "Paid", fulfilling: "Being packed", shipped: "Shipped", delivered: "Delivered", completed: "Completed", cancelled: "Cancelled",
      expired: "Expired", refunding: "Being refunded", partially_refunded: "Partly refunded", refunded: "Refunded",
    },
  },
  account: {
    signIn: "Sign in", register: "Create an account", password: "Password", passwordHint: "At least 10 characters, and none of the most common passwords.", name: "Name (optional)", haveAccount: "Have an account?", noAccount: "New here?",
    signOut: "Sign out", profile: "Profile", addresses: "Addresses", devices: "Signed-in devices", save: "Save", saved: "Saved", thisDevice: "This device", unknownDevice: "A device of no name", endDevice: "Sign this device out", endOthers: "Sign out everywhere else", lastUsed: "Last used",
    addAddress: "Add an address", remove: "Remove", isDefault: "Default", makeDefault: "Make default", noAddresses: "No saved addresses.", phone: "Phone", greeting: "Hello", orders: "My orders",
    forgot: "Forgot your password?", forgotLead: "Tell us your e-mail address, and we send a link to a new password.", forgotSent: "If there is an account, the link is on its way.", send: "Send the link", reset: "Set a new password",
    resetDone: "Your new password is set. Please sign in.", verify: "Verify your e-mail", verifyDone: "Your e-mail address is verified.", cancel: "Cancel", fullName: "Name",
  },
  sale: {
    title: "Flash sale", startsIn: "Starts in", endsIn: "Ends in", days: (n) => (n === 1 ? "1 day" : `${n} days`), quota: (n) => `${n} per customer`, from: (at) => `Starts ${at}`, until: (at) => `Until ${at}`,
    held: "One is held for you", position: (n) => `You are number ${n} in the queue. This page keeps itself up to date.`, writing: "Your order is being written…", yours: "It is yours", toOrder: "Go and pay", failed: "It did not work out this time", again: "Try again",
    lost: "Your place was lost, and nothing was ordered. You can try again.", soldOut: "Sold out", soldOutHint: "What somebody does not pay for comes back; this page keeps itself up to date.", ended: "This sale is over.",
    signIn: "Sign in to take part. You can fill in your address before it starts.", notYet: "Not started yet", buy: "Buy now", total: "The order shows shipping and the total before you pay.", missing: "There is no such sale.",
  },
  missing: { title: "There is no such page", lead: "The address may be mistyped, or the page has moved.", home: "Go home", seek: "A name or a word", find: "Search" },
  refusals: {
    "flash_sale.not_started": "The sale has not started yet.", "flash_sale.ended": "The sale is over.", "flash_sale.quota": "You already have as many as one customer gets.", "flash_sale.sold_out": "Too late: the last one has just gone.",
    offline: "The shop cannot be reached. Check the network and try again.", unavailable: "The shop is busy. Please try again in a moment.", "inventory.insufficient": "Not enough is left.", "cart.closed": "This cart has already become an order.",
    "cart.invalid_quantity": "This quantity is not possible.", "cart.line_limit": "The cart holds too many different things.", "catalog.not_for_sale": "This is not for sale at the moment.", "catalog.product_not_found": "There is no such product, or it is no longer sold.",
    "shipping.no_zone": "We do not ship to this address.", "shipping.not_available": "This way of delivery is gone; please choose another.", "identity.bad_credentials": "The e-mail address or the password is wrong.",
    "identity.too_many_attempts": "Too many attempts. Please wait a while.", "identity.email_taken": "There is an account with this address. Please sign in.", "identity.link_invalid": "This link is no longer good. Please ask for a new one.",
    "orders.not_found": "There is no such order, or this device may not see it.", "orders.not_cancellable": "This order can no longer be cancelled.", "orders.expired": "The time to pay is over, and the order has expired.", "payments.unknown_provider": "This way of paying is not available; please choose another.",
    "payments.attempt_open": "A payment is already under way.", "checkout.too_many_unpaid": "You have too many unpaid orders. Pay or cancel some first.", "sandbox.not_found": "There is no such payment.", "sandbox.already_decided": "This payment is already decided.",
    "checkout.incomplete": "Something is still missing.", "request.invalid_field": "Please check what is marked.", "identity.wrong_password": "The current password is not right; please try again.", "identity.staff_account": "An account of the staff cannot be closed here.", "customers.export_too_soon": "You have just had a copy. Please try again later.", "customers.too_many_addresses": "You have saved too many addresses.",
  },
};
