package shop.identity;

import java.time.Duration;
import java.util.UUID;

/**
 * The live sessions, by the id of the token in use. A token whose id is not here is worth nothing,
 * however valid its signature. The gateway starts a session's idle time anew with every request.
 */
public interface Sessions {

    void open(String tokenId, UUID account, Duration idle);

    boolean isOpen(String tokenId, UUID account);

    void close(String tokenId);
}
