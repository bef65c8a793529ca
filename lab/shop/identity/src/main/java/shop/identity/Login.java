package shop.identity;

import java.nio.CharBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Service;

/** Checks passwords, and locks an account for a while after too many wrong ones. */
@Service
public class Login {

    private final Accounts accounts;
    private final PasswordEncoder passwords;
    private final IdentityProperties properties;
    private final Clock clock;
    private final String nobodysHash;

    Login(Accounts accounts, PasswordEncoder passwords, IdentityProperties properties, Clock clock) {
        this.accounts = accounts;
        this.passwords = passwords;
        this.properties = properties;
        this.clock = clock;
        this.nobodysHash = passwords.encode("nobody");
    }

    /** The account, if the password is its own. An unknown address takes as long as a wrong password. */
    public Optional<Account> check(String email, char[] password) {
        Optional<Account> found = accounts.findByEmail(email);
        boolean right = matches(password, found.map(Account::passwordHash).orElse(nobodysHash));
        if (found.isEmpty()) {
            return found;
        }
        Account account = found.get();
        Instant now = clock.instant();
        if (account.lockedAt(now)) {
            return Optional.empty();
        }
        if (!right) {
            boolean tooMany = (account.failures() + 1) % properties.maxFailures() == 0;
            accounts.recordFailure(account.id(), tooMany ? now.plus(properties.lock()) : null);
            return Optional.empty();
        }
        if (account.failures() > 0) {
            accounts.clearFailures(account.id());
        }
        return found;
    }

    boolean matches(char[] password, String hash) {
        return passwords.matches(CharBuffer.wrap(password), hash);
    }
}
