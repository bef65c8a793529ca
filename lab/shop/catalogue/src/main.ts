import { readFileSync } from 'node:fs';
import pg from 'pg';
import { createApp } from './app.js';
import { CachedStore, connectRedis } from './cache.js';
import { readSettings } from './settings.js';
import { PostgresStore } from './store.js';
import { staffCheck } from './tokens.js';

const settings = readSettings(process.env);

const pool = new pg.Pool(settings.database);
pool.on('error', () => process.exit(1));
await pool.query(readFileSync(new URL('../../schema.sql', import.meta.url), 'utf8'));

const cache = await connectRedis(settings.redis, () => process.exit(1));

const app = createApp({
  store: new CachedStore(new PostgresStore(pool), cache),
  isStaff: await staffCheck(settings.tokenKey),
  https: settings.https,
  logger: { level: 'info', base: { service: 'catalogue' }, redact: ['req.headers'] },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await app.close();
    await pool.end();
    process.exit(0);
  });
}

await app.listen({ host: settings.host, port: settings.port });
