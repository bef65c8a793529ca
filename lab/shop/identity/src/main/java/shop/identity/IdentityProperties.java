package shop.identity;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.core.io.Resource;
import org.springframework.validation.annotation.Validated;

/** The settings of this service. */
@Validated
@ConfigurationProperties("identity")
public record IdentityProperties(
        @NotNull Resource tokenKey,
        @NotNull Resource tokenPublicKey,
        @NotNull Duration tokenLife,
        @NotNull Duration sessionIdle,
        @NotNull Duration sessionLife,
        @Min(1) int maxFailures,
        @NotNull Duration lock) {}
