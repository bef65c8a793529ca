package shop.identity;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** What a client learns of a problem: enough to act on it, nothing of the inside. */
@RestControllerAdvice
class Errors {

    private static final Logger log = LoggerFactory.getLogger(Errors.class);

    @ExceptionHandler(Refused.class)
    @ResponseStatus(HttpStatus.UNAUTHORIZED)
    Map<String, String> refused() {
        return Map.of("error", "please log in");
    }

    @ExceptionHandler(AccountController.WeakPassword.class)
    @ResponseStatus(HttpStatus.UNPROCESSABLE_ENTITY)
    Map<String, String> weakPassword() {
        return Map.of("error", "a password has 8 to 72 characters, among them a digit, a small and a capital letter "
                + "and a special character");
    }

    @ExceptionHandler({MethodArgumentNotValidException.class, HttpMessageNotReadableException.class})
    @ResponseStatus(HttpStatus.UNPROCESSABLE_ENTITY)
    Map<String, String> malformed() {
        return Map.of("error", "malformed request");
    }

    @ExceptionHandler(DataAccessException.class)
    @ResponseStatus(HttpStatus.SERVICE_UNAVAILABLE)
    Map<String, String> unavailable(DataAccessException problem) {
        log.error("a data store is unavailable: {}", problem.getClass().getSimpleName());
        return Map.of("error", "try again later");
    }
}
