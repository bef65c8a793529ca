package shop.identity;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.Resource;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtEncoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;

/** The P-384 key pair that signs and verifies tokens, and serves no other purpose. */
@Configuration
class TokenKeys {

    private final IdentityProperties properties;
    private final KeyFactory keys;

    TokenKeys(IdentityProperties properties) throws GeneralSecurityException {
        this.properties = properties;
        this.keys = KeyFactory.getInstance("EC");
    }

    @Bean
    JwtEncoder jwtEncoder() throws IOException, GeneralSecurityException {
        var encoded = new PKCS8EncodedKeySpec(read(properties.tokenKey()));
        ECKey pair = new ECKey.Builder(publicKey()).privateKey((ECPrivateKey) keys.generatePrivate(encoded)).build();
        return new NimbusJwtEncoder(new ImmutableJWKSet<>(new JWKSet(pair)));
    }

    @Bean
    JwtDecoder jwtDecoder() throws IOException, GeneralSecurityException {
        var trusted = new ImmutableJWKSet<SecurityContext>(new JWKSet(publicKey()));
        var processor = new DefaultJWTProcessor<SecurityContext>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES384, trusted));
        processor.setJWTClaimsSetVerifier((claims, context) -> {}); // the validators below do it
        var decoder = new NimbusJwtDecoder(processor);
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
                JwtValidators.createDefaultWithIssuer(Tokens.ISSUER),
                new JwtClaimValidator<List<String>>(
                        JwtClaimNames.AUD, audience -> audience != null && audience.contains(Tokens.AUDIENCE)),
                new JwtClaimValidator<Object>(JwtClaimNames.EXP, expiry -> expiry != null)));
        return decoder;
    }

    private ECKey publicKey() throws IOException, GeneralSecurityException {
        var encoded = new X509EncodedKeySpec(read(properties.tokenPublicKey()));
        return new ECKey.Builder(Curve.P_384, (ECPublicKey) keys.generatePublic(encoded)).build();
    }

    private static byte[] read(Resource pem) throws IOException {
        String text = pem.getContentAsString(StandardCharsets.UTF_8);
        return Base64.getMimeDecoder().decode(text.replaceAll("-----[A-Z ]+-----", ""));
    }
}
