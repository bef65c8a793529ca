import { z } from 'zod';

export const ProductId = z.string().regex(/^[a-z0-9-]{1,40}$/);

/** What staff may send: everything about a product but its id. */
export const ProductBody = z.strictObject({
  name: z.string().trim().min(1).max(80),
  text: z.string().trim().max(2000),
  cents: z.int().min(0).max(100_000_00),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

export const Product = ProductBody.extend({ id: ProductId });
export type Product = z.infer<typeof Product>;

/** What a search may ask for. */
export const Search = z.strictObject({
  q: z.string().trim().max(60).default(''),
  page: z.coerce.number().int().min(1).max(1000).default(1),
});
export type Search = z.infer<typeof Search>;

export const PAGE_SIZE = 24;
