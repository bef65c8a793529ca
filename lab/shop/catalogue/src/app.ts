import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { SecureContextOptions } from 'node:tls';
import { ZodError } from 'zod';
import { ProductBody, ProductId, Search } from './product.js';
import type { ProductStore } from './store.js';
import type { StaffCheck } from './tokens.js';

export interface Parts {
  store: ProductStore;
  isStaff: StaffCheck;
  logger?: FastifyServerOptions['logger'];
  https?: SecureContextOptions;
}

export function createApp({ store, isStaff, logger = false, https }: Parts): FastifyInstance {
  const app: FastifyInstance = Fastify({
    logger,
    bodyLimit: 64 * 1024,
    requestTimeout: 15_000,
    ...(https && { https }),
  } as FastifyServerOptions);

  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof ZodError) return reply.code(422).send({ error: 'malformed request' });
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: 'refused' });
    request.log.error({ kind: error.name }, 'unexpected error');
    return reply.code(500).send({ error: 'internal error' });
  });

  app.get('/health', (_, reply) => reply.code(204).send());

  app.get('/products', async (request) => store.search(Search.parse(request.query)));

  app.get<{ Params: { id: string } }>('/products/:id', async (request, reply) => {
    const product = await store.find(ProductId.parse(request.params.id));
    return product ?? reply.code(404).send({ error: 'no such product' });
  });

  app.put<{ Params: { id: string } }>('/products/:id', {
    onRequest: async (request, reply) => {
      if (!(await isStaff(request.headers.authorization))) {
        return reply.code(403).send({ error: 'staff only' });
      }
    },
    handler: async (request, reply) => {
      const id = ProductId.parse(request.params.id);
      await store.save({ id, ...ProductBody.parse(request.body) });
      return reply.code(204).send();
    },
  });

  return app;
}
