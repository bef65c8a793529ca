import { readFileSync } from 'node:fs';

type Environment = Record<string, string | undefined>;

/** What the service is told from outside. Passwords stand in files; the
 *  environment only names them. */
export function readSettings(environment: Environment) {
  const required = (name: string): string => {
    const value = environment[name];
    if (!value) throw new Error(`${name} is not set`);
    return value;
  };
  const content = (name: string): string => readFileSync(required(name), 'utf8').trim();

  const ca = content('TLS_AUTHORITY');
  return {
    host: environment['LISTEN_HOST'] ?? '0.0.0.0',
    port: Number(environment['LISTEN_PORT'] ?? 8443),
    https: { cert: content('TLS_CERTIFICATE'), key: content('TLS_KEY'), minVersion: 'TLSv1.2' as const },
    tokenKey: content('TOKEN_PUBLIC_KEY'),
    database: {
      host: required('DATABASE_HOST'),
      database: environment['DATABASE_NAME'] ?? 'catalogue',
      user: environment['DATABASE_USER'] ?? 'catalogue',
      password: content('DATABASE_PASSWORD_FILE'),
      ssl: { ca, rejectUnauthorized: true },
    },
    redis: {
      host: required('REDIS_HOST'),
      port: Number(environment['REDIS_PORT'] ?? 6379),
      username: environment['REDIS_USER'] ?? 'catalogue',
      password: content('REDIS_PASSWORD_FILE'),
      ca,
    },
  };
}
