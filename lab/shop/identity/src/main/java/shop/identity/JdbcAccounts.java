package shop.identity;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

@Repository
class JdbcAccounts implements Accounts {

    private final JdbcClient jdbc;

    JdbcAccounts(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public Optional<Account> findByEmail(String email) {
        return jdbc.sql("select * from accounts where email = ?").param(email).query(JdbcAccounts::read).optional();
    }

    @Override
    public Optional<Account> find(UUID id) {
        return jdbc.sql("select * from accounts where id = ?").param(id).query(JdbcAccounts::read).optional();
    }

    @Override
    public boolean add(Account account) {
        int added = jdbc.sql("""
                        insert into accounts (id, email, password_hash, role)
                        values (?, ?, ?, ?) on conflict (email) do nothing
                        """)
                .params(account.id(), account.email(), account.passwordHash(),
                        account.role().name().toLowerCase(Locale.ROOT))
                .update();
        return added == 1;
    }

    @Override
    public void setPasswordHash(UUID id, String hash) {
        jdbc.sql("update accounts set password_hash = ? where id = ?").params(hash, id).update();
    }

    @Override
    public void recordFailure(UUID id, Instant lockedUntil) {
        OffsetDateTime until = lockedUntil == null ? null : lockedUntil.atOffset(ZoneOffset.UTC);
        jdbc.sql("update accounts set failures = failures + 1, locked_until = :until where id = :id")
                .param("until", until, Types.TIMESTAMP_WITH_TIMEZONE)
                .param("id", id)
                .update();
    }

    @Override
    public void clearFailures(UUID id) {
        jdbc.sql("update accounts set failures = 0, locked_until = null where id = ?").param(id).update();
    }

    private static Account read(ResultSet row, int number) throws SQLException {
        OffsetDateTime locked = row.getObject("locked_until", OffsetDateTime.class);
        return new Account(
                row.getObject("id", UUID.class),
                row.getString("email"),
                row.getString("password_hash"),
                Account.Role.valueOf(row.getString("role").toUpperCase(Locale.ROOT)),
                row.getInt("failures"),
                locked == null ? null : locked.toInstant());
    }
}
