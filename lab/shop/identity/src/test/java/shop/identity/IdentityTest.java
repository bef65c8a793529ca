package shop.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.http.MediaType.APPLICATION_JSON;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.put;

import jakarta.servlet.http.Cookie;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.web.servlet.WebMvcTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;

@WebMvcTest
@Import({SecurityConfig.class, TokenKeys.class, Tokens.class, Login.class, PasswordPolicy.class, IdentityTest.Parts.class})
class IdentityTest {

    static final String ADA = "{\"email\":\"Ada@shop.example\",\"password\":\"Tr0ub4dor&3\"}";
    static final String WRONG = ADA.replace("Tr0ub4dor", "wrong");

    @Autowired MockMvc web;
    @Autowired Memory.MemoryAccounts accounts;
    @Autowired Memory.MemorySessions sessions;
    @Autowired Memory.MovableClock clock;
    @Autowired JwtDecoder decoder;

    @BeforeEach
    void registered() throws Exception {
        accounts.all.clear();
        sessions.open.clear();
        assertThat(send(post("/users"), ADA, null).getStatus()).isEqualTo(202);
    }

    @Test
    void registeringStoresAHashAndTellsNobodyWhoIsACustomer() throws Exception {
        assertThat(send(post("/users"), ADA, null).getStatus()).isEqualTo(202);
        assertThat(accounts.all).hasSize(1);
        Account account = accounts.findByEmail("ada@shop.example").orElseThrow();
        assertThat(account.passwordHash()).startsWith("$2a$12$");
        assertThat(account.toString()).doesNotContain("ada").doesNotContain("$2a$");
    }

    @Test
    void weakPasswordsAndMalformedRequestsAreRefused() throws Exception {
        for (String body : new String[] {ADA.replace("Tr0ub4dor&3", "password"), ADA.replace("@", " at "), "{}", "{"}) {
            assertThat(send(post("/users"), body, null).getStatus()).isEqualTo(422);
        }
    }

    @Test
    void aTokenHoldsNothingPersonalAndIsOutOfReachOfScripts() throws Exception {
        Cookie cookie = login().getCookie(SessionController.COOKIE);
        assertThat(cookie.isHttpOnly() && cookie.getSecure()).isTrue();
        assertThat(cookie.getAttribute("SameSite")).isEqualTo("Strict");
        Jwt token = decoder.decode(cookie.getValue());
        assertThat(token.getHeaders()).containsEntry("alg", "ES384");
        assertThat(token.getClaims()).containsOnlyKeys("iss", "aud", "sub", "jti", "iat", "exp", "auth_time", "role");
        assertThat(sessions.open).containsOnlyKeys(token.getId());
    }

    @Test
    void fiveWrongPasswordsLockTheAccountForAWhile() throws Exception {
        for (int attempt = 0; attempt < 5; attempt++) {
            assertThat(send(post("/login"), WRONG, null).getStatus()).isEqualTo(401);
        }
        assertThat(send(post("/login"), ADA, null).getStatus()).isEqualTo(401);
        clock.now = clock.now.plus(Duration.ofMinutes(16));
        assertThat(send(post("/login"), ADA, null).getStatus()).isEqualTo(204);
    }

    @Test
    void renewingReplacesTheToken() throws Exception {
        String old = token(login());
        String fresh = token(send(post("/token"), "", old));
        assertThat(fresh).isNotEqualTo(old);
        assertThat(send(post("/token"), "", old).getStatus()).isEqualTo(401);
        assertThat(send(post("/token"), "", fresh).getStatus()).isEqualTo(204);
    }

    @Test
    void loggingOutEndsTheSession() throws Exception {
        String token = token(login());
        assertThat(send(post("/logout"), "", token).getStatus()).isEqualTo(204);
        assertThat(sessions.open).isEmpty();
        assertThat(send(post("/token"), "", token).getStatus()).isEqualTo(401);
    }

    @Test
    void changingThePasswordNeedsTheOldOneAndFollowsThePolicy() throws Exception {
        String token = token(login());
        String change = "{\"current\":\"Tr0ub4dor&3\",\"replacement\":\"N3w&better\"}";
        assertThat(send(put("/password"), change.replace("Tr0", "x"), token).getStatus()).isEqualTo(401);
        assertThat(send(put("/password"), change.replace("N3w&", ""), token).getStatus()).isEqualTo(422);
        assertThat(send(put("/password"), change, token).getStatus()).isEqualTo(204);
        assertThat(send(post("/login"), ADA, null).getStatus()).isEqualTo(401);
    }

    @Test
    void withoutATokenNothingElseIsReachable() throws Exception {
        for (String path : new String[] {"/logout", "/token", "/accounts"}) {
            assertThat(send(post(path), "", null).getStatus()).isEqualTo(401);
        }
        assertThat(send(post("/logout"), "", "abc").getStatus()).isEqualTo(401);
    }

    private MockHttpServletResponse login() throws Exception {
        return send(post("/login"), ADA, null);
    }

    private static String token(MockHttpServletResponse answer) {
        assertThat(answer.getStatus()).isEqualTo(204);
        return answer.getCookie(SessionController.COOKIE).getValue();
    }

    private MockHttpServletResponse send(MockHttpServletRequestBuilder request, String body, String token)
            throws Exception {
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return web.perform(request.contentType(APPLICATION_JSON).content(body)).andReturn().getResponse();
    }

    @TestConfiguration
    static class Parts {

        @Bean
        Accounts memoryAccounts() {
            return new Memory.MemoryAccounts();
        }

        @Bean
        Sessions memorySessions() {
            return new Memory.MemorySessions();
        }

        @Bean
        @Primary
        Clock movableClock() {
            return new Memory.MovableClock();
        }

        @Bean
        @Primary
        IdentityProperties memoryProperties() throws Exception {
            return Memory.properties();
        }
    }
}
