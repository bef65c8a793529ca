namespace Shop.Billing;

/// <summary>What a customer owes for one order.</summary>
public sealed record Invoice(
    Guid Id, string Number, Guid OrderId, Guid Customer, long Cents, string Currency, DateTimeOffset IssuedAt);

/// <summary>Where invoices are kept.</summary>
public interface IInvoices
{
    /// <summary>Issues the invoice of an order; null where it was issued before.</summary>
    Task<Invoice?> Issue(OrderPlaced order, DateTimeOffset at, CancellationToken stop);

    Task<IReadOnlyList<Invoice>> OfCustomer(Guid customer, CancellationToken stop);

    /// <summary>The invoice, if it is this customer's.</summary>
    Task<Invoice?> Find(Guid id, Guid customer, CancellationToken stop);
}
