package shop.identity;

import java.util.function.IntPredicate;
import org.springframework.stereotype.Component;

/** At least 8 characters, among them a digit, a small and a capital letter and a special character. */
@Component
public class PasswordPolicy {

    static final int MIN_LENGTH = 8;
    /** BCrypt reads no more than 72 bytes. */
    static final int MAX_LENGTH = 72;

    public boolean accepts(char[] password) {
        return password.length >= MIN_LENGTH
                && password.length <= MAX_LENGTH
                && any(password, Character::isDigit)
                && any(password, Character::isLowerCase)
                && any(password, Character::isUpperCase)
                && any(password, character -> !Character.isLetterOrDigit(character))
                && !any(password, character -> character < ' ' || character > '~');
    }

    private static boolean any(char[] password, IntPredicate kind) {
        for (char character : password) {
            if (kind.test(character)) {
                return true;
            }
        }
        return false;
    }
}
