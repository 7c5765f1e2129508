/** The sample site's pages and what belongs to a site beside them, as first committed. */

export const indexHtml = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tern Island Light</title>
    <link rel="stylesheet" href="css/base.css">
  </head>
  <body>
    <header>
      <h1>Tern Island Light</h1>
      <p>A lighthouse station at the mouth of the sound, kept by volunteers.</p>
    </header>

    <main>
      <section>
        <h2>The station today</h2>
        <p>
          The light was put out in 1988 and lit again in 2025. Between May and
          September you can climb the 112 steps, stand on the gallery, and hear
          the fog bell struck at noon.
        </p>
      </section>
    </main>

    <footer>
      <p>Tern Island Light, 54° 31′ N, 10° 12′ E</p>
    </footer>
  </body>
</html>
`;

export const visitHtml = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Visit · Tern Island Light</title>
    <link rel="stylesheet" href="css/base.css">
  </head>
  <body>
    <header>
      <h1>Visit</h1>
      <p><a href="index.html">Tern Island Light</a></p>
    </header>

    <main>
      <h2>Getting here</h2>
      <p>
        The ferry leaves the town quay three times a day and takes twenty-five
        minutes. There is no crossing above wind force 7.
      </p>

      <h2>What to bring</h2>
      <ul>
        <li>Shoes that may get wet: the landing is a slip, not a pier.</li>
        <li>Something warm, in July as well.</li>
        <li>Cash for the café. The card machine does not like salt air.</li>
      </ul>
    </main>
  </body>
</html>
`;

export const keepersHtml = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Keepers · Tern Island Light</title>
    <link rel="stylesheet" href="css/base.css">
  </head>
  <body>
    <header>
      <h1>The keepers</h1>
      <p><a href="index.html">Tern Island Light</a></p>
    </header>

    <main>
      <table>
        <thead>
          <tr><th>Years</th><th>Keeper</th><th>Lamp</th></tr>
        </thead>
        <tbody>
          <tr><td>1871–1894</td><td>Johanne Friis</td><td>colza oil</td></tr>
          <tr><td>1894–1926</td><td>Peder Lund</td><td>petroleum</td></tr>
          <tr><td>1926–1961</td><td>Åse and Nils Brandt</td><td>acetylene</td></tr>
          <tr><td>1961–1988</td><td>Karl Brandt</td><td>electric, 1000 W</td></tr>
          <tr><td>2025–</td><td>volunteers</td><td>LED, 36 W</td></tr>
        </tbody>
      </table>
    </main>
  </body>
</html>
`;

export const notFoundHtml = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Lost at sea · Tern Island Light</title>
    <link rel="stylesheet" href="/css/base.css">
  </head>
  <body>
    <main>
      <h1>Nothing at this position</h1>
      <p>Steer back to <a href="/">the light</a>.</p>
    </main>
  </body>
</html>
`;

export const webManifest = `{
  "name": "Tern Island Light",
  "short_name": "Tern Light",
  "start_url": "/",
  "display": "minimal-ui",
  "background_color": "#f3ede1",
  "theme_color": "#0f1b33",
  "icons": [
    { "src": "/images/icon-32.png", "sizes": "32x32", "type": "image/png" },
    { "src": "/images/icon-180.png", "sizes": "180x180", "type": "image/png" }
  ]
}
`;

export const robotsTxt = `User-agent: *
Allow: /

Sitemap: https://ternisland.example/sitemap.xml
`;

export const sitemapXml = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <url><loc>https://ternisland.example/</loc></url>
  <url><loc>https://ternisland.example/visit.html</loc></url>
  <url><loc>https://ternisland.example/keepers.html</loc></url>
  <url><loc>https://ternisland.example/log/</loc></url>
</urlset>
`;

export const markSvg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="A lighthouse">
  <circle cx="32" cy="32" r="32" fill="#1b2f52"/>
  <path d="M27 20h10l4 36H23z" fill="#f3ede1"/>
  <path d="M26.4 26h11.2l.8 8H25.6zM25 42h14l.8 8H24.2z" fill="#c8453a"/>
  <path d="M24 17h16v3H24z" fill="#2b2a2f"/>
  <path d="M28 10h8v7h-8z" fill="#fbe3b5"/>
  <path d="M26 10l6-5 6 5z" fill="#c8453a"/>
  <path d="M27 12 4 6v16l23-7z" fill="#fbe3b5" opacity=".55"/>
</svg>
`;

export const logIndexHtml = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Station log · Tern Island Light</title>
    <link rel="stylesheet" href="../css/base.css">
  </head>
  <body>
    <header>
      <h1>Station log</h1>
      <p><a href="../index.html">Tern Island Light</a></p>
    </header>

    <main>
      <ol reversed>
        <li><a href="2025-03-02-lamp-relit.md">The lamp is lit again</a></li>
      </ol>
    </main>
  </body>
</html>
`;
