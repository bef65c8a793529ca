namespace Shop.Billing.Tests;

/// <summary>Stands for the database.</summary>
internal sealed class MemoryInvoices : IInvoices
{
    public List<Invoice> All { get; } = [];

    public Task<Invoice?> Issue(OrderPlaced order, DateTimeOffset at, CancellationToken stop)
    {
        if (All.Exists(invoice => invoice.OrderId == order.Order))
        {
            return Task.FromResult<Invoice?>(null);
        }
        var number = $"{at.Year:D4}-{All.Count + 1:D6}";
        All.Add(new Invoice(Guid.NewGuid(), number, order.Order, order.Customer, order.Cents, order.Currency, at));
        return Task.FromResult<Invoice?>(All[^1]);
    }

    public Task<IReadOnlyList<Invoice>> OfCustomer(Guid customer, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<Invoice>>(All.FindAll(invoice => invoice.Customer == customer));

    public Task<Invoice?> Find(Guid id, Guid customer, CancellationToken stop) =>
        Task.FromResult(All.Find(invoice => invoice.Id == id && invoice.Customer == customer));
}

/// <summary>Stands for the broker.</summary>
internal sealed class MemoryEvents : IInvoiceEvents
{
    public List<string> Bodies { get; } = [];

    public Task Issued(ReadOnlyMemory<byte> body, CancellationToken stop)
    {
        Bodies.Add(System.Text.Encoding.UTF8.GetString(body.Span));
        return Task.CompletedTask;
    }
}
