import { createRouter, createWebHistory } from "vue-router";
import { signedIn } from "./shop";

// The program serves these addresses and no others (src/app/documents.cpp): whoever adds one adds it there.
export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: "/", component: () => import("./pages/HomePage.vue") },
    { path: "/products", component: () => import("./pages/ListPage.vue") },
    { path: "/categories/:category", component: () => import("./pages/ListPage.vue") },
    { path: "/search", component: () => import("./pages/ListPage.vue") },
    { path: "/products/:product", component: () => import("./pages/ProductPage.vue") },
    { path: "/flash-sales/:sale", component: () => import("./pages/FlashSalePage.vue") },
    { path: "/cart", component: () => import("./pages/CartPage.vue") },
    { path: "/checkout", component: () => import("./pages/CheckoutPage.vue") },
    { path: "/pay/:payment", component: () => import("./pages/PayPage.vue") },
    { path: "/orders/:order", component: () => import("./pages/OrderPage.vue") },
    { path: "/orders", component: () => import("./pages/OrdersPage.vue"), meta: { customer: true } },
    { path: "/sign-in", component: () => import("./pages/SignInPage.vue") },
    { path: "/register", component: () => import("./pages/SignInPage.vue") },
    { path: "/account/:part(addresses|devices|security)?", component: () => import("./pages/AccountPage.vue"), meta: { customer: true } },
    { path: "/account/:link(forgot|reset|verify)", component: () => import("./pages/LinkPage.vue") },
    { path: "/:rest(.*)*", component: () => import("./pages/MissingPage.vue") },
  ],
});

router.beforeEach((to) => (to.meta.customer && !signedIn.value ? { path: "/sign-in", query: { to: to.fullPath } } : true));
