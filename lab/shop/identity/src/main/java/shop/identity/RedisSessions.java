package shop.identity;

import java.time.Duration;
import java.util.UUID;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

@Component
class RedisSessions implements Sessions {

    private static final String PREFIX = "session:";

    private final StringRedisTemplate redis;

    RedisSessions(StringRedisTemplate redis) {
        this.redis = redis;
    }

    @Override
    public void open(String tokenId, UUID account, Duration idle) {
        redis.opsForValue().set(PREFIX + tokenId, account.toString(), idle);
    }

    @Override
    public boolean isOpen(String tokenId, UUID account) {
        return account.toString().equals(redis.opsForValue().get(PREFIX + tokenId));
    }

    @Override
    public void close(String tokenId) {
        redis.delete(PREFIX + tokenId);
    }
}
