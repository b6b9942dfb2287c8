import { resolve } from "node:path";
import preact from "@preact/preset-vite";
import type { Plugin, UserConfig } from "vite";
import { defineConfig } from "vitest/config";

const page = (name: string) => resolve(import.meta.dirname, name);
const server = "http://127.0.0.1:8000";

/** The page has nothing to show before its script ran, so painting waits for it: no flash of the wrong theme. */
const renderBlockingEntry: Plugin = {
  name: "render-blocking-entry",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script type="module" ', '<script type="module" blocking="render" '),
  },
};

/** Gives `/station`, `/admin` and the listener's own routes their pages, as the gateway does. */
const devRoutes: Plugin = {
  name: "dev-routes",
  configureServer(dev) {
    dev.middlewares.use((request, _response, next) => {
      const path = (request.url ?? "/").split("?")[0] ?? "/";
      if (/^\/(station|admin)(\/|$)/.test(path)) request.url = `/${path.split("/")[1]}.html`;
      else if (path === "/matches" || /^\/(c|m)\//.test(path)) request.url = "/index.html";
      next();
    });
  },
};

const config: UserConfig = {
  plugins: [preact({ devToolsEnabled: false }), renderBlockingEntry, devRoutes],
  build: {
    outDir: resolve(import.meta.dirname, "../src/touchline/static"),
    emptyOutDir: true,
    target: "es2022",
    // The first versions with light-dark(), which the colour tokens are written in.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The strict Content-Security-Policy allows no data: fonts or inlined modules; files cache better anyway.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: page("index.html"), station: page("station.html"), admin: page("admin.html") },
    },
  },
  server: {
    proxy: {
      "/api": server,
      "/listen": server,
      "/health": server,
      "/socket.io": { target: server, ws: true },
    },
  },
};

export default defineConfig({ ...config, test: { include: ["src/**/*.test.ts"], environment: "node" } });
