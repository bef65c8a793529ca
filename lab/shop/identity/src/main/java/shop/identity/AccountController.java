package shop.identity;

import jakarta.validation.Valid;
import java.nio.CharBuffer;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Registering, and changing one's password. */
@RestController
class AccountController {

    private static final Logger log = LoggerFactory.getLogger(AccountController.class);

    private final Accounts accounts;
    private final Sessions sessions;
    private final Login login;
    private final PasswordPolicy policy;
    private final PasswordEncoder passwords;

    AccountController(
            Accounts accounts, Sessions sessions, Login login, PasswordPolicy policy, PasswordEncoder passwords) {
        this.accounts = accounts;
        this.sessions = sessions;
        this.login = login;
        this.policy = policy;
        this.passwords = passwords;
    }

    /** Answers the same whether or not the address is taken, so that nobody can find out who is a customer. */
    @PostMapping("/users")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void register(@Valid @RequestBody Credentials credentials) {
        try (credentials) {
            String hash = hash(credentials.password());
            UUID id = UUID.randomUUID();
            boolean added = accounts.add(
                    new Account(id, credentials.normalisedEmail(), hash, Account.Role.CUSTOMER, 0, null));
            if (added) {
                log.info("account {} registered", id);
            }
        }
    }

    /** Changes the password and ends the session: whoever changed it logs in anew. */
    @PutMapping("/password")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void change(@AuthenticationPrincipal Jwt token, @Valid @RequestBody PasswordChange change) {
        try (change) {
            UUID id = UUID.fromString(token.getSubject());
            if (!sessions.isOpen(token.getId(), id)) {
                throw new Refused();
            }
            Account account = accounts.find(id).orElseThrow(Refused::new);
            login.check(account.email(), change.current()).orElseThrow(Refused::new);
            accounts.setPasswordHash(id, hash(change.replacement()));
            sessions.close(token.getId());
            log.info("account {} changed its password", id);
        }
    }

    private String hash(char[] password) {
        if (!policy.accepts(password)) {
            throw new WeakPassword();
        }
        return passwords.encode(CharBuffer.wrap(password));
    }

    /** A password that the policy does not accept. */
    static class WeakPassword extends RuntimeException {}
}
