import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The build must give the same bytes on every machine: no source maps, no time stamps, names from
// content alone. svelte.config.js sets `fragments: 'tree'`: Svelte then builds its templates node by
// node, so that the page assigns no innerHTML and needs no Trusted Types policy.
export default defineConfig({
  plugins: [svelte()],
  base: '/',
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:7331', ws: true } } },
});
