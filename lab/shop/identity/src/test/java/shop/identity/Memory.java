package shop.identity;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.springframework.core.io.ByteArrayResource;

/** Stand-ins for the database, the session store, the clock and the key files. */
class Memory {

    static class MemoryAccounts implements Accounts {
        final Map<UUID, Account> all = new HashMap<>();

        @Override
        public Optional<Account> findByEmail(String email) {
            return all.values().stream().filter(account -> account.email().equals(email)).findFirst();
        }

        @Override
        public Optional<Account> find(UUID id) {
            return Optional.ofNullable(all.get(id));
        }

        @Override
        public boolean add(Account account) {
            return findByEmail(account.email()).isEmpty() && all.put(account.id(), account) == null;
        }

        @Override
        public void setPasswordHash(UUID id, String hash) {
            all.computeIfPresent(id, (key, old) ->
                    new Account(id, old.email(), hash, old.role(), old.failures(), old.lockedUntil()));
        }

        @Override
        public void recordFailure(UUID id, Instant until) {
            setFailures(id, all.get(id).failures() + 1, until);
        }

        @Override
        public void clearFailures(UUID id) {
            setFailures(id, 0, null);
        }

        private void setFailures(UUID id, int failures, Instant until) {
            all.computeIfPresent(id, (key, old) ->
                    new Account(id, old.email(), old.passwordHash(), old.role(), failures, until));
        }
    }

    static class MemorySessions implements Sessions {
        final Map<String, UUID> open = new HashMap<>();

        @Override
        public void open(String tokenId, UUID account, Duration idle) {
            open.put(tokenId, account);
        }

        @Override
        public boolean isOpen(String tokenId, UUID account) {
            return account.equals(open.get(tokenId));
        }

        @Override
        public void close(String tokenId) {
            open.remove(tokenId);
        }
    }

    static class MovableClock extends Clock {
        Instant now = Instant.now();

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    static IdentityProperties properties() throws GeneralSecurityException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        KeyPair pair = generator.generateKeyPair();
        return new IdentityProperties(
                pem("PRIVATE KEY", pair.getPrivate().getEncoded()), pem("PUBLIC KEY", pair.getPublic().getEncoded()),
                Duration.ofMinutes(15), Duration.ofMinutes(10), Duration.ofHours(8), 5, Duration.ofMinutes(15));
    }

    private static ByteArrayResource pem(String kind, byte[] content) {
        String body = Base64.getMimeEncoder().encodeToString(content);
        return new ByteArrayResource("-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(kind, body).getBytes());
    }
}
