package shop.identity;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.Arrays;

/** The password in use and the one that shall replace it. To be closed, which overwrites both. */
public record PasswordChange(
        @NotNull @Size(max = 200) char[] current, @NotNull @Size(max = 200) char[] replacement)
        implements AutoCloseable {

    @Override
    public void close() {
        for (char[] password : new char[][] {current, replacement}) {
            if (password != null) {
                Arrays.fill(password, '\0');
            }
        }
    }

    @Override
    public String toString() {
        return "PasswordChange[hidden]";
    }
}
