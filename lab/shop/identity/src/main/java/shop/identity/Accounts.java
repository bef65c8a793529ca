package shop.identity;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Where accounts are kept. */
public interface Accounts {

    Optional<Account> findByEmail(String email);

    Optional<Account> find(UUID id);

    /** Adds an account; false where its e-mail address is taken. */
    boolean add(Account account);

    void setPasswordHash(UUID id, String hash);

    /** Counts one more failed login, and locks the account where lockedUntil is given. */
    void recordFailure(UUID id, Instant lockedUntil);

    void clearFailures(UUID id);
}
