package shop.identity;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.springframework.security.oauth2.jose.jws.JwsAlgorithm;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwsHeader;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtEncoder;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.stereotype.Component;

/** Issues the shop's tokens. They name an account by its id alone and hold nothing personal. */
@Component
public class Tokens {

    static final String ISSUER = "shop-identity";
    static final String AUDIENCE = "shop";
    static final JwsAlgorithm ALGORITHM = SignatureAlgorithm.ES384;

    private final JwtEncoder encoder;
    private final IdentityProperties properties;
    private final Clock clock;

    Tokens(JwtEncoder encoder, IdentityProperties properties, Clock clock) {
        this.encoder = encoder;
        this.properties = properties;
        this.clock = clock;
    }

    /** A token for someone who logged in at the given time. */
    public Jwt issue(Account account, Instant loggedIn) {
        Instant now = clock.instant();
        JwtClaimsSet claims = JwtClaimsSet.builder()
                .issuer(ISSUER)
                .audience(List.of(AUDIENCE))
                .subject(account.id().toString())
                .id(UUID.randomUUID().toString())
                .issuedAt(now)
                .expiresAt(now.plus(properties.tokenLife()))
                .claim("auth_time", loggedIn.getEpochSecond())
                .claim("role", account.role().name().toLowerCase(Locale.ROOT))
                .build();
        JwsHeader header = JwsHeader.with(ALGORITHM).build();
        return encoder.encode(JwtEncoderParameters.from(header, claims));
    }
}
