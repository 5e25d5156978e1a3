import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";
import { identify, may, me, signedIn, type Permission } from "./office";
import { pages } from "./pages";

declare module "vue-router" {
  interface RouteMeta { open?: boolean; page?: (typeof pages)[number] }
}

export const router = createRouter({
  history: createWebHistory("/admin/"),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  routes: [
    ...pages.map((page) => ({ path: page.path, name: page.name, component: page.component, meta: { page } })),
    { path: "/sign-in", name: "sign-in", component: () => import("./pages/SignInPage.vue"), meta: { open: true } },
    { path: "/setup", name: "setup", component: () => import("./pages/SetupPage.vue"), meta: { open: true } },
    { path: "/forbidden", name: "forbidden", component: () => import("./pages/ForbiddenPage.vue") },
    { path: "/:rest(.*)*", name: "missing", component: () => import("./pages/MissingPage.vue") },
  ],
});

function toSignIn(to: RouteLocationNormalized, why?: string) {
  return { name: "sign-in", query: { ...(to.fullPath === "/" ? {} : { to: to.fullPath }), ...(why ? { why } : {}) } };
}

router.beforeEach(async (to) => {
  if (to.name === "sign-in" && signedIn.value && !to.query.why) return "/";
  if (to.meta.open) return true;
  if (!signedIn.value) return toSignIn(to);
  if (!me.value) {
    try {
      const who = await identify();
      if (who !== "staff") return toSignIn(to, who === "stranger" ? "stranger" : "ended");
    } catch (error) {
      if (!signedIn.value) return toSignIn(to, "ended");
      throw error;
    }
  }
  const needed: Permission | undefined = to.meta.page?.permission;
  return may(needed) ? true : { name: "forbidden", replace: true };
});
