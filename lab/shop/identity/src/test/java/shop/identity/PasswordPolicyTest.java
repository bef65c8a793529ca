package shop.identity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordPolicyTest {

    private final PasswordPolicy policy = new PasswordPolicy();

    @ParameterizedTest
    @ValueSource(strings = {"aB3!aB3!", "Correct horse battery 1"})
    void strongPasswordsAreAccepted(String password) {
        assertThat(policy.accepts(password.toCharArray())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "aB3!aB3", "ab3!ab3!", "AB3!AB3!", "aBc!aBc!", "aB3caB3c", "aB3!aB3!\n"})
    void othersAreNot(String password) {
        assertThat(policy.accepts(password.toCharArray())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {73, 1000})
    void whatBCryptWouldCutOffIsNot(int length) {
        assertThat(policy.accepts(("aB3!" + "x".repeat(length - 4)).toCharArray())).isFalse();
    }
}
