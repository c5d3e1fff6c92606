import type { App, AppDeps } from '../app-context.ts';
import { DOCUMENT } from '../documentation.ts';

/** The files of swagger-ui-dist that the docs page loads. */
const DOCS_ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

// Addresses are relative, so that the page also works below a path.
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>tricloud-orders API</title>
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/init.js"></script>
  </body>
</html>
`;

/** In a file of its own, because the page's policy allows no inline script. Nothing is asked of any other host. */
const INIT = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  validatorUrl: null,
  deepLinking: true,
});
`;

const CACHED_FOR_AN_HOUR = { 'Cache-Control': 'public, max-age=3600' };

/** `GET /openapi.json`, and, where the platform brings the files, a page at `/docs` to read it by. */
export function docsRoutes(app: App, { docsAsset }: AppDeps): void {
  let document: string | undefined;
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(app.getOpenAPI31Document(DOCUMENT));
    return c.body(document, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' });
  });
  if (!docsAsset) return;
  app.get('/docs', (c) => c.html(PAGE, 200, { 'Cache-Control': 'no-cache' }));
  app.get('/docs/init.js', (c) =>
    c.body(INIT, 200, { 'Content-Type': 'text/javascript; charset=utf-8', ...CACHED_FOR_AN_HOUR }),
  );
  app.get('/docs/:name', async (c) => {
    const name = c.req.param('name');
    const type = Object.hasOwn(DOCS_ASSETS, name) ? DOCS_ASSETS[name] : undefined;
    const file = type === undefined ? undefined : await docsAsset(name);
    if (type === undefined || !file) return c.notFound();
    return c.body(new Uint8Array(file), 200, { 'Content-Type': type, ...CACHED_FOR_AN_HOUR });
  });
}
