package shop.identity;

import jakarta.validation.Valid;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Logging in, renewing the token, logging out. The token is kept where no script can read it. */
@RestController
class SessionController {

    static final String COOKIE = "__Host-token";

    private static final Logger log = LoggerFactory.getLogger(SessionController.class);

    private final Accounts accounts;
    private final Sessions sessions;
    private final Login login;
    private final Tokens tokens;
    private final IdentityProperties properties;
    private final Clock clock;

    SessionController(
            Accounts accounts, Sessions sessions, Login login, Tokens tokens, IdentityProperties properties, Clock clock) {
        this.accounts = accounts;
        this.sessions = sessions;
        this.login = login;
        this.tokens = tokens;
        this.properties = properties;
        this.clock = clock;
    }

    @PostMapping("/login")
    ResponseEntity<Void> login(@Valid @RequestBody Credentials credentials) {
        try (credentials) {
            Account account = login.check(credentials.normalisedEmail(), credentials.password())
                    .orElseThrow(Refused::new);
            log.info("account {} logged in", account.id());
            return open(account, clock.instant());
        }
    }

    /** Replaces a token by a fresh one; the old one is worth nothing from then on. */
    @PostMapping("/token")
    ResponseEntity<Void> renew(@AuthenticationPrincipal Jwt token) {
        UUID id = UUID.fromString(token.getSubject());
        Instant loggedIn = token.getClaimAsInstant("auth_time");
        boolean tooOld = loggedIn.plus(properties.sessionLife()).isBefore(clock.instant());
        if (tooOld || !sessions.isOpen(token.getId(), id)) {
            throw new Refused();
        }
        Account account = accounts.find(id).orElseThrow(Refused::new);
        sessions.close(token.getId());
        return open(account, loggedIn);
    }

    @PostMapping("/logout")
    ResponseEntity<Void> logout(@AuthenticationPrincipal Jwt token) {
        sessions.close(token.getId());
        log.info("account {} logged out", token.getSubject());
        return answer("", Duration.ZERO);
    }

    private ResponseEntity<Void> open(Account account, Instant loggedIn) {
        Jwt token = tokens.issue(account, loggedIn);
        sessions.open(token.getId(), account.id(), properties.sessionIdle());
        return answer(token.getTokenValue(), properties.tokenLife());
    }

    private static ResponseEntity<Void> answer(String value, Duration life) {
        ResponseCookie cookie = ResponseCookie.from(COOKIE, value)
                .httpOnly(true)
                .secure(true)
                .sameSite("Strict")
                .path("/")
                .maxAge(life)
                .build();
        return ResponseEntity.noContent().header(HttpHeaders.SET_COOKIE, cookie.toString()).build();
    }
}
