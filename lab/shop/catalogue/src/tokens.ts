import { importSPKI, jwtVerify } from 'jose';

export const ISSUER = 'shop-identity';
export const AUDIENCE = 'shop';

/** Says whether a request's Authorization header is that of a staff member. */
export type StaffCheck = (authorization: string | undefined) => Promise<boolean>;

export async function staffCheck(publicKey: string): Promise<StaffCheck> {
  const key = await importSPKI(publicKey, 'ES384');
  return async (authorization) => {
    const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    if (token === undefined) return false;
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['ES384'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['exp', 'sub', 'jti'],
      });
      return payload['role'] === 'staff';
    } catch {
      return false;
    }
  };
}
