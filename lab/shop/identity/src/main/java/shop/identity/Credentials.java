package shop.identity;

import jakarta.validation.constraints.Email;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.Arrays;
import java.util.Locale;

/** An e-mail address and a password, as a client sends them. To be closed, which overwrites the password. */
public record Credentials(
        @NotBlank @Email @Size(max = 254) String email, @NotNull @Size(max = 200) char[] password)
        implements AutoCloseable {

    public String normalisedEmail() {
        return email.strip().toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        if (password != null) {
            Arrays.fill(password, '\0');
        }
    }

    @Override
    public String toString() {
        return "Credentials[hidden]";
    }
}
