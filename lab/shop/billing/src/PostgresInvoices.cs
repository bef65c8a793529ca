using Npgsql;

namespace Shop.Billing;

/// <summary>Keeps invoices in PostgreSQL.</summary>
public sealed class PostgresInvoices(NpgsqlDataSource database) : IInvoices
{
    private const string Columns = "id, number, order_id, customer, cents, currency, issued_at";

    public async Task CreateTables(CancellationToken stop)
    {
        await using var schema = typeof(PostgresInvoices).Assembly.GetManifestResourceStream("schema.sql")
            ?? throw new InvalidOperationException("schema.sql is missing");
        using var reader = new StreamReader(schema);
        await using var command = database.CreateCommand(await reader.ReadToEndAsync(stop));
        await command.ExecuteNonQueryAsync(stop);
    }

    public async Task<Invoice?> Issue(OrderPlaced order, DateTimeOffset at, CancellationToken stop)
    {
        await using var command = database.CreateCommand(
            "insert into invoices (" + Columns + ") values "
            + "($1, $2 || lpad(nextval('invoice_numbers')::text, 6, '0'), $3, $4, $5, $6, $7) "
            + "on conflict (order_id) do nothing returning " + Columns);
        command.Parameters.Add(new() { Value = Guid.NewGuid() });
        command.Parameters.Add(new() { Value = $"{at.Year:D4}-" });
        command.Parameters.Add(new() { Value = order.Order });
        command.Parameters.Add(new() { Value = order.Customer });
        command.Parameters.Add(new() { Value = order.Cents });
        command.Parameters.Add(new() { Value = order.Currency });
        command.Parameters.Add(new() { Value = at.ToUniversalTime() });
        return (await Read(command, stop)).SingleOrDefault();
    }

    public async Task<IReadOnlyList<Invoice>> OfCustomer(Guid customer, CancellationToken stop)
    {
        await using var command = database.CreateCommand(
            "select " + Columns + " from invoices where customer = $1 order by issued_at desc limit 100");
        command.Parameters.Add(new() { Value = customer });
        return await Read(command, stop);
    }

    public async Task<Invoice?> Find(Guid id, Guid customer, CancellationToken stop)
    {
        await using var command = database.CreateCommand(
            "select " + Columns + " from invoices where id = $1 and customer = $2");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = customer });
        return (await Read(command, stop)).SingleOrDefault();
    }

    private static async Task<List<Invoice>> Read(NpgsqlCommand command, CancellationToken stop)
    {
        var found = new List<Invoice>();
        await using var row = await command.ExecuteReaderAsync(stop);
        while (await row.ReadAsync(stop))
        {
            found.Add(new Invoice(
                row.GetGuid(0), row.GetString(1), row.GetGuid(2), row.GetGuid(3), row.GetInt64(4), row.GetString(5),
                row.GetFieldValue<DateTimeOffset>(6)));
        }
        return found;
    }
}
