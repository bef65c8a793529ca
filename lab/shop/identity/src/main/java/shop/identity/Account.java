package shop.identity;

import java.time.Instant;
import java.util.UUID;

/** Someone who can log in. The password is known only as a BCrypt hash. */
public record Account(
        UUID id, String email, String passwordHash, Role role, int failures, Instant lockedUntil) {

    public enum Role { CUSTOMER, STAFF }

    public boolean lockedAt(Instant now) {
        return lockedUntil != null && now.isBefore(lockedUntil);
    }

    @Override
    public String toString() {
        return "Account[" + id + "]";
    }
}
